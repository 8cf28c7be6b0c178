"""The whole product in one process: started with `holdfast run`, or with fault points."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from tests.support.installation import SERVICES, Installation, keys_and_patience, write_catalog
from tests.support.ports import free_port
from tests.support.program import Program, clean_environment, holdfast, wait_until_ready


class Running(Protocol):
    """A process, however it was started."""

    @property
    def running(self) -> bool: ...

    def start(self) -> None: ...

    def stop(self) -> int: ...

    def kill(self) -> int: ...

    def said(self) -> str: ...


Starter = Callable[[dict[str, str], Path], Running]


def by_command(environment: dict[str, str], log: Path) -> Running:
    """As an operator starts it."""
    return Program(holdfast("run"), environment, log)


class Embedded:
    """One data directory and one port, and the process that serves them."""

    def __init__(self, directory: Path, starter: Starter = by_command, **told: str) -> None:
        port = free_port()
        self.directory = directory
        url = f"http://127.0.0.1:{port}"
        settings = {
            **keys_and_patience(),
            "HOLDFAST_PORT": str(port),
            "HOLDFAST_DATA_DIR": str(directory / "var"),
            "HOLDFAST_CATALOG": str(write_catalog(directory)),
            "HOLDFAST_SANDBOX_URL": f"{url}/sandbox",
            **told,
        }
        self.environment = clean_environment(**settings)
        self.process = starter(self.environment, directory / "log")
        self.installation = Installation(
            kind="embedded",
            url=url,
            environment=self.environment,
            databases={name: f"sqlite:///{directory / 'var' / name}.db" for name in SERVICES},
            webhooks=f"{url}/webhooks/stripe",
            restart=self.restart,
        )

    def start(self) -> None:
        """Start it, and return when it answers."""
        self.process.start()
        address = f"{self.installation.url}/readyz"
        wait_until_ready(address, lambda: self.process.running, self.process.said)

    def stop(self) -> None:
        """End it the polite way."""
        self.process.stop()

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        self.process.kill()

    def restart(self) -> None:
        """Kill it and start it again on what it left."""
        self.kill()
        self.start()
