"""A RabbitMQ of one's own: own name, own ports, own folder, for one run of the tests."""

import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from tests.support.ports import answers, free_ports
from tests.support.services import Found

# The wrapper that Debian puts on the path changes the user; the server itself lies here.
DEBIAN_PROGRAM = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
PATIENCE_SECONDS = 60
RUNNING: list[subprocess.Popen[bytes]] = []


@dataclass
class Instance:
    """One broker with a folder and ports of its own, started as often as wanted."""

    program: str
    home: Path
    amqp: int
    management: int
    distribution: int
    names: int
    server: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        """Start it; it answers when this returns."""
        environment = _environment(self.home, self.distribution, self.names)
        self.server = _launch(self.program, self.home, environment)
        _wait(self.server, self.management, self.home / "output")

    @property
    def found(self) -> Found:
        """Where it answers, and how it is stopped."""
        return Found(
            address=f"amqp://guest:guest@127.0.0.1:{self.amqp}/",
            origin="a private instance",
            management=f"http://guest:guest@127.0.0.1:{self.management}",
            process_group=self.server.pid if self.server else 0,
            stop=[["env", f"ERL_EPMD_PORT={self.names}", "epmd", "-kill"]],
        )


def start(directory: Path) -> Found | None:
    """A fresh broker that runs, or None when its programs are not on this machine."""
    instance = made(directory)
    if instance is None:
        return None
    instance.run()
    return instance.found


def made(directory: Path) -> Instance | None:
    """A fresh broker with its management interface that does not run yet, or None without its programs."""
    program = _program()
    if program is None:
        return None
    amqp, management, distribution, names = free_ports(4)
    instance = Instance(program, directory / "rabbitmq", amqp, management, distribution, names)
    _configure(instance.home, instance.amqp, instance.management)
    return instance


def _launch(program: str, home: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    with (home / "output").open("w") as output:
        server = subprocess.Popen(
            [program],
            env=environment,
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    # It outlives the worker that started it; a collected handle would be reported as a leak.
    RUNNING.append(server)
    return server


def _program() -> str | None:
    if DEBIAN_PROGRAM.exists():
        return str(DEBIAN_PROGRAM)
    return shutil.which("rabbitmq-server")


def _configure(home: Path, amqp: int, management: int) -> None:
    for folder in ("user", "data", "log"):
        (home / folder).mkdir(parents=True)
    (home / "enabled_plugins").write_text("[rabbitmq_management].\n")
    (home / "rabbitmq.conf").write_text(
        f"listeners.tcp.1 = 127.0.0.1:{amqp}\n"
        "management.tcp.ip = 127.0.0.1\n"
        f"management.tcp.port = {management}\n"
    )


def _environment(home: Path, distribution: int, names: int) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home / "user"),
        "RABBITMQ_NODENAME": f"holdfast-{names}@localhost",
        "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq"),
        "RABBITMQ_CONF_ENV_FILE": str(home / "no-such-file"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
        "RABBITMQ_MNESIA_BASE": str(home / "data"),
        "RABBITMQ_LOG_BASE": str(home / "log"),
        "RABBITMQ_DIST_PORT": str(distribution),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        "ERL_EPMD_PORT": str(names),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
    }


def _wait(server: subprocess.Popen[bytes], port: int, output: Path) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not answers("127.0.0.1", port):
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the private RabbitMQ did not start:\n{output.read_text()[-2000:]}")
        time.sleep(0.1)
