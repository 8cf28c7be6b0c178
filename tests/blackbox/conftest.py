"""Installations that nobody else uses: what is done to them here would be held against others."""

from collections.abc import Iterator

import pytest

from tests.support.distributed import Distributed
from tests.support.embedded import Embedded
from tests.support.launcher import Launcher
from tests.support.services import Found


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory, launcher: Launcher) -> Iterator[Embedded]:
    """The whole product in one process."""
    product = Embedded(tmp_path_factory.mktemp("embedded"), launcher.embedded)
    product.start()
    try:
        yield product
    finally:
        product.stop()


@pytest.fixture(scope="module")
def services(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: str, amqp_server: Found, launcher: Launcher
) -> Iterator[Distributed]:
    """Every service in a process of its own, over PostgreSQL and RabbitMQ."""
    directory = tmp_path_factory.mktemp("distributed")
    with Distributed(directory, postgres_server, amqp_server, launcher.service) as product:
        yield product
