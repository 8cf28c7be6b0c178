"""The installation that is shaken: every service a process, and a line that can break on every way."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from tests.chaos.plan import PROCESSES, STORES, TWICE
from tests.chaos.servers import Mortal, Postgres, Rabbit
from tests.support.distributed import Distributed
from tests.support.launcher import Forked, Launcher
from tests.support.line import Line, LoopThread

HOST = "127.0.0.1"


class Shaken(Distributed):
    """A distributed installation in which nobody reaches anybody but over a line."""

    durable = True

    def __init__(self, directory: Path, database: Postgres, broker: Rabbit, launcher: Launcher) -> None:
        super().__init__(directory, database.found.address, broker.found, launcher.service)
        self._amqp = urlsplit(broker.found.address).port or 0
        self._servers: dict[str, Mortal] = {"database": database, "broker": broker}
        self._open = ExitStack()
        self._thread = LoopThread()
        self.lines: dict[str, Line] = {}

    def __enter__(self) -> Self:
        with ExitStack() as opened:
            opened.enter_context(self._thread)
            self._open = opened
            super().__enter__()
            self._open = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            super().__exit__(kind, error, trace)
        finally:
            self._open.close()

    @contextmanager
    def doubled(self) -> Iterator[None]:
        """While the block runs, most services are two processes, and both are asked in turn."""
        with self.replicas(*TWICE):
            for name in TWICE:
                port = urlsplit(self.addresses[f"second {name}"]).port or 0
                self.lines[f"gateway → {name}"].also(HOST, port)
                if name == "payment":
                    self.lines["stripe → payment"].also(HOST, port)
            yield

    def logs(self) -> list[Path]:
        """What every process said, one file each."""
        return sorted(self._directory.glob("*.log"))

    def mortal(self, name: str) -> Mortal:
        """A process or a server by its name."""
        return self._servers[name] if name in self._servers else self.process(name)

    def process(self, name: str) -> Forked:
        """A process of the product by its name."""
        process = self.processes[name]
        assert isinstance(process, Forked)
        return process

    def environment_of(self, process: str) -> dict[str, str]:
        """What one process is told: the ways to the others lead over lines of its own."""
        told = dict(super().environment_of(process))
        for setting, (name, port) in self._ways(process, told).items():
            old = urlsplit(told[setting])
            if old.netloc:
                login, at, _ = old.netloc.rpartition("@")
                netloc = f"{login}{at}{HOST}:{self._line(name, port or old.port or 0)}"
                told[setting] = old._replace(netloc=netloc).geturl()
            else:
                told[setting] = str(self._line(name, port))
        return told

    def _ways(self, process: str, told: dict[str, str]) -> dict[str, tuple[str, int]]:
        """The settings of a process that name an address, and the line each leads over.

        A port stands where the setting itself does not say which one is meant.
        """
        service = process.removeprefix("second ")
        ways: dict[str, tuple[str, int]] = {}
        if process in STORES:
            ways[f"HOLDFAST_DATABASE_URL_{service.upper()}"] = (f"{process} → database", 0)
        if process in PROCESSES:
            ways["HOLDFAST_AMQP_URL"] = (f"{process} → broker", self._amqp)
        if service == "gateway":
            ways |= {f"HOLDFAST_{name.upper()}_URL": (f"gateway → {name}", 0) for name in (*TWICE, "notify")}
        return ways | self._ways_outside(process, service, int(told["HOLDFAST_SMTP_PORT"]))

    def _ways_outside(self, process: str, service: str, smtp: int) -> dict[str, tuple[str, int]]:
        return {
            "payment": {"HOLDFAST_STRIPE_API_BASE": (f"{process} → stripe", 0)},
            "calendar": {"HOLDFAST_GOOGLE_API_BASE": (f"{process} → google", 0)},
            "notify": {"HOLDFAST_SMTP_PORT": ("notify → mail", smtp)},
            "sandbox": {"HOLDFAST_SANDBOX_WEBHOOK_URL": ("stripe → payment", 0)},
        }.get(service, {})

    def _line(self, name: str, port: int) -> int:
        line = self.lines[name] = self._open.enter_context(Line(HOST, port, self._thread))
        return line.port

    def _settings(self, at: dict[str, int], smtp: int) -> dict[str, str]:
        more = {"HOLDFAST_DATABASE_POOL": "8", "HOLDFAST_STRIPE_TIMEOUT_SECONDS": "4"}
        return {**super()._settings(at, smtp), **more}
