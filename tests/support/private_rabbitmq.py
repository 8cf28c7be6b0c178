"""A RabbitMQ of one's own: own name, own ports, own folder, for one run of the tests."""

import os
import shutil
import subprocess
import time
from pathlib import Path

from tests.support.ports import answers, free_ports
from tests.support.services import Found

# The wrapper that Debian puts on the path changes the user; the server itself lies here.
DEBIAN_PROGRAM = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
PATIENCE_SECONDS = 60
RUNNING: list[subprocess.Popen[bytes]] = []


def start(directory: Path) -> Found | None:
    """A fresh broker with its management interface, or None when its programs are not on this machine."""
    program = _program()
    if program is None:
        return None
    home = directory / "rabbitmq"
    amqp, management, distribution, names = free_ports(4)
    _configure(home, amqp, management)
    server = _launch(program, home, _environment(home, distribution, names))
    _wait(server, management, home / "output")
    return Found(
        address=f"amqp://guest:guest@127.0.0.1:{amqp}/",
        origin="a private instance",
        management=f"http://guest:guest@127.0.0.1:{management}",
        process_group=server.pid,
        stop=[["env", f"ERL_EPMD_PORT={names}", "epmd", "-kill"]],
    )


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
