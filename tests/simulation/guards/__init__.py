"""The guards of the product, each taken out for a while: what they stand for must then be missed."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from tests.simulation.guards import messages, money, outside, sagas, time

Mutation = Callable[[], AbstractContextManager[None]]

MUTATIONS: dict[str, Mutation] = {
    **messages.MUTATIONS,
    **sagas.MUTATIONS,
    **time.MUTATIONS,
    **money.MUTATIONS,
    **outside.MUTATIONS,
}
