"""A PostgreSQL of one's own: in a folder of its own, on a free port, for one run of the tests."""

import glob
import os
import pwd
import shutil
import subprocess
from pathlib import Path

from tests.support.ports import free_port
from tests.support.services import Found

# Durability against a power cut is of no use to a folder that is thrown away.
SETTINGS = "-c fsync=off -c full_page_writes=off -c max_connections=300 -c listen_addresses=127.0.0.1"


def start(directory: Path) -> Found | None:
    """A fresh instance, or None when its programs are not on this machine."""
    programs = _programs()
    if programs is None:
        return None
    data, port = directory / "postgres", free_port()
    data.mkdir(mode=0o700)
    prefix = _unprivileged(data)
    control = [*prefix, str(programs / "pg_ctl"), "-D", str(data)]
    _run(
        [
            *prefix,
            str(programs / "initdb"),
            "-D",
            str(data),
            "-U",
            "holdfast",
            "-A",
            "trust",
            "-N",
            "-E",
            "UTF8",
        ]
    )
    options = f"{SETTINGS} -c unix_socket_directories={data} -p {port}"
    _run([*control, "-w", "-t", "30", "-l", str(data / "log"), "-o", options, "start"])
    return Found(
        address=f"postgresql://holdfast@127.0.0.1:{port}/postgres",
        origin="a private instance",
        stop=[[*control, "-m", "immediate", "stop"]],
    )


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
