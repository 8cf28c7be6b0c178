"""Every service in a process of its own, over PostgreSQL and RabbitMQ."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from tests.support.broker import fresh_host
from tests.support.crashing import MIGRATIONS
from tests.support.databases import fresh_database
from tests.support.embedded import Running
from tests.support.installation import SERVICES, Installation, keys_and_patience, plain
from tests.support.line import Line
from tests.support.ports import free_port, free_ports
from tests.support.program import clean_environment, wait_until_ready
from tests.support.services import Found

PROCESSES = ("sandbox", *SERVICES, "gateway")

Starter = Callable[[str, int, dict[str, str], Path], Running]


class Distributed:
    """Databases, a broker's virtual host, ports, and one process for each part."""

    # Whether databases keep what they confirmed when their server is killed.
    durable = False

    def __init__(self, directory: Path, postgres: str, broker: Found, starter: Starter) -> None:
        self._directory = directory
        self._postgres = postgres
        self._broker = broker
        self._starter = starter
        self._stack = ExitStack()
        self.processes: dict[str, Running] = {}
        self.addresses: dict[str, str] = {}
        self.broker: Line
        self.installation: Installation

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            databases = {
                name: plain(stack.enter_context(fresh_database(self._postgres, durable=self.durable)))
                for name in SERVICES
            }
            amqp = urlsplit(stack.enter_context(fresh_host(self._broker)))
            self.broker = stack.enter_context(Line(amqp.hostname or "", amqp.port or 5672))
            login = amqp.netloc.rpartition("@")[0]
            self._prepare(databases, f"amqp://{login}@127.0.0.1:{self.broker.port}{amqp.path}")
            stack.callback(self.stop)
            # The sandbox writes the calendar's credentials when it starts.
            self.start("sandbox")
            self._migrate()
            self.start(*SERVICES, "gateway")
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _prepare(self, databases: dict[str, str], amqp: str) -> None:
        *ports, smtp = free_ports(len(PROCESSES) + 1)
        at = dict(zip(PROCESSES, ports, strict=True))
        self.addresses = {name: f"http://127.0.0.1:{port}" for name, port in at.items()}
        environment = clean_environment(**self._settings(at, smtp), HOLDFAST_AMQP_URL=amqp)
        self._environment = environment
        for name, url in databases.items():
            environment[f"HOLDFAST_DATABASE_URL_{name.upper()}"] = url
            environment[f"HOLDFAST_{name.upper()}_URL"] = self.addresses[name]
        for name, port in at.items():
            log = self._directory / f"{name}.log"
            self.processes[name] = self._starter(name, port, self.environment_of(name), log)
        self.installation = Installation(
            kind="distributed",
            url=self.addresses["gateway"],
            environment=environment,
            databases=databases,
            webhooks=f"{self.addresses['payment']}/webhooks/stripe",
        )

    def environment_of(self, process: str) -> dict[str, str]:
        """What one process is told."""
        return self._environment

    def _settings(self, at: dict[str, int], smtp: int) -> dict[str, str]:
        sandbox = f"{self.addresses['sandbox']}/sandbox"
        return {
            **keys_and_patience(),
            "HOLDFAST_DATA_DIR": str(self._directory / "var"),
            "HOLDFAST_PUBLIC_URL": self.addresses["gateway"],
            "HOLDFAST_SANDBOX_URL": sandbox,
            "HOLDFAST_SANDBOX_WEBHOOK_URL": f"{self.addresses['payment']}/webhooks/stripe",
            "HOLDFAST_STRIPE_SECRET_KEY": "sk_test_sandbox",
            "HOLDFAST_STRIPE_PUBLISHABLE_KEY": "pk_test_sandbox",
            "HOLDFAST_STRIPE_API_BASE": f"{sandbox}/stripe",
            "HOLDFAST_GOOGLE_API_BASE": f"{sandbox}/google/calendar/v3/",
            "HOLDFAST_GOOGLE_CREDENTIALS": str(self._directory / "var" / "google-credentials.json"),
            "HOLDFAST_SMTP_HOST": "127.0.0.1",
            "HOLDFAST_SMTP_PORT": str(smtp),
        }

    def _migrate(self) -> None:
        migrating = self._starter(MIGRATIONS, 0, self._environment, self._directory / "migrations.log")
        migrating.start()
        deadline = time.monotonic() + 60
        while migrating.running and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not migrating.said(), migrating.said()

    def start(self, *names: str) -> None:
        """Start processes, and return when they answer."""
        for name in names:
            self.processes[name].start()
        for name in names:
            self.wait_for(name)

    @contextmanager
    def replicas(self, *names: str) -> Iterator[None]:
        """While the block runs, these services work in two processes each."""
        seconds = {f"second {name}": name for name in names}
        for second, name in seconds.items():
            port = free_port()
            self.addresses[second] = f"http://127.0.0.1:{port}"
            log = self._directory / f"{second}.log"
            self.processes[second] = self._starter(name, port, self.environment_of(second), log)
        try:
            self.start(*seconds)
            yield
        finally:
            for second in seconds:
                self.processes.pop(second).stop()

    def wait_for(self, name: str) -> None:
        """Return when a process answers."""
        process = self.processes[name]
        path = "healthz" if name in ("sandbox", "gateway") else "readyz"
        wait_until_ready(f"{self.addresses[name]}/{path}", lambda: process.running, process.said)

    def stop(self) -> None:
        """End all of them the polite way, the door first."""
        for name in reversed(PROCESSES):
            if name in self.processes:
                self.processes[name].stop()
