"""Installations of both kinds, started once per worker, and a customer for every journey."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from tests.support.customer import Customer
from tests.support.distributed import Distributed
from tests.support.embedded import Embedded
from tests.support.installation import Installation
from tests.support.invariants import check_everything
from tests.support.launcher import Launcher
from tests.support.services import Found

ALL_IN_ONE = pytest.param("embedded", marks=pytest.mark.xdist_group("embedded"))
EACH_ALONE = pytest.param(
    "distributed",
    marks=[
        pytest.mark.distributed,
        pytest.mark.postgres,
        pytest.mark.rabbitmq,
        pytest.mark.xdist_group("distributed"),
        # The first test of the run waits for seven processes to start.
        pytest.mark.timeout(180),
    ],
)


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """The whole product in one process."""
    product = Embedded(tmp_path_factory.mktemp("embedded"))
    product.start()
    try:
        yield product.installation
    finally:
        product.stop()


@pytest.fixture(scope="session")
def services(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: str, amqp_server: Found, launcher: Launcher
) -> Iterator[Distributed]:
    """Every service in a process of its own, over PostgreSQL and RabbitMQ."""
    directory = tmp_path_factory.mktemp("distributed")
    with Distributed(directory, postgres_server, amqp_server, launcher.service) as product:
        yield product


@pytest.fixture(scope="session")
def distributed(services: Distributed) -> Installation:
    """The installation that those processes are."""
    return services.installation


@pytest.fixture(params=[ALL_IN_ONE, EACH_ALONE])
def installation(request: pytest.FixtureRequest) -> Installation:
    """An installation of each kind."""
    found: Installation = request.getfixturevalue(request.param)
    return found


@pytest.fixture
async def customer(installation: Installation) -> AsyncIterator[Customer]:
    """A customer; when the journey is over, everything that must hold is checked."""
    async with httpx.AsyncClient(base_url=installation.url, timeout=20, trust_env=False) as http:
        visitor = Customer(installation, http)
        yield visitor
        await visitor.outside.mend()
        await check_everything(installation)
