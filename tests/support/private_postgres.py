"""A PostgreSQL of one's own: in a folder of its own, on a free port, for one run of the tests."""

import glob
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.support.ports import free_port
from tests.support.services import Found

# Durability against a power cut is of no use to a folder that is thrown away.
SETTINGS = "-c fsync=off -c full_page_writes=off -c max_connections=300 -c listen_addresses=127.0.0.1"


@dataclass(frozen=True)
class Instance:
    """One instance with a folder and a port of its own, started as often as wanted."""

    data: Path
    port: int
    control: list[str]
    settings: str

    def run(self) -> None:
        """Start it; it answers when this returns."""
        options = f"{self.settings} -c unix_socket_directories={self.data} -p {self.port}"
        _run([*self.control, "-w", "-t", "30", "-l", str(self.data / "log"), "-o", options, "start"])

    @property
    def found(self) -> Found:
        """Where it answers, and how it is stopped."""
        return Found(
            address=f"postgresql://holdfast@127.0.0.1:{self.port}/postgres",
            origin="a private instance",
            stop=[[*self.control, "-m", "immediate", "stop"]],
        )


def start(directory: Path) -> Found | None:
    """A fresh instance that runs, or None when its programs are not on this machine."""
    instance = made(directory, SETTINGS)
    if instance is None:
        return None
    instance.run()
    return instance.found


def made(directory: Path, settings: str) -> Instance | None:
    """A fresh instance that does not run yet, or None when its programs are not on this machine."""
    programs = _programs()
    if programs is None:
        return None
    data = directory / "postgres"
    data.mkdir(mode=0o700)
    prefix = _unprivileged(data)
    initdb = [str(programs / "initdb"), "-D", str(data), "-U", "holdfast", "-A", "trust", "-N", "-E", "UTF8"]
    _run([*prefix, *initdb])
    return Instance(data, free_port(), [*prefix, str(programs / "pg_ctl"), "-D", str(data)], settings)


def _programs() -> Path | None:
    beside = shutil.which("pg_ctl")
    folders = [*([str(Path(beside).resolve().parent)] if beside else [])]
    folders += sorted(glob.glob("/usr/lib/postgresql/*/bin"), reverse=True)
    for folder in map(Path, folders):
        if (folder / "pg_ctl").exists() and (folder / "initdb").exists():
            return folder
    return None


def _unprivileged(data: Path) -> list[str]:
    """PostgreSQL refuses to run as root: the way to start it as somebody else."""
    if os.geteuid() != 0:
        return []
    user = next(name for name in ("postgres", "nobody") if _exists(name))
    shutil.chown(data, user)
    return ["runuser", "-u", user, "--"]


def _exists(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


def _run(command: list[str]) -> None:
    # pg_ctl leaves its output open in the server it starts: a pipe would never end.
    subprocess.run(
        command, check=True, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=60
    )
