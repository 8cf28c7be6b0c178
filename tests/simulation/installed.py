"""What a run finds installed: databases with their schema, a catalog, and a diary of changes of state."""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import sqlite3
import tempfile
from collections import Counter
from functools import cache
from multiprocessing.util import Finalize
from pathlib import Path

from holdfast.parts import PARTS
from services.booking.applying import apply_catalog
from services.booking.catalog_file import read_catalog
from shared.messaging.local import LocalBus
from shared.runtime import ManualClock, Runtime
from shared.settings import ServiceSettings
from tests.simulation.loop import START
from tests.simulation.outside import SITE, WEBHOOK_SECRET
from tests.support.shop import catalog_of

SHOP = "shop"
KEY = "simulated-internal-key"
SECRET = "simulated-secret"
# What is written down whenever it changes: table and column, by service.
WATCHED = {
    "booking": (("bookings", "status"), ("sagas", "status")),
    "calendar": (("holds", "status"), ("calendar_events", "state")),
    "payment": (("attempts", "state"), ("operations", "state"), ("refunds", "state"), ("payments", "closed")),
    "notify": (("notifications", "status"),),
}
Change = tuple[str, str, str]


def memory() -> str | None:
    """A directory in memory, where the system has one."""
    shared = Path("/dev/shm")
    return str(shared) if os.access(shared, os.W_OK) else None


def settings_of(service: str, folder: Path) -> ServiceSettings:
    """A service's settings in the simulation."""
    return PARTS[service].settings.model_validate(
        {
            "environment": "development",
            "data_dir": folder,
            "public_url": "http://shop.test",
            "internal_key": KEY,
            "secret": SECRET,
            "sandbox_url": SITE,
            **_own(service),
        }
    )


def _own(service: str) -> dict[str, object]:
    if service == "payment":
        return {
            "stripe_webhook_secret": WEBHOOK_SECRET,
            "stripe_api_base": f"{SITE}/stripe",
            "stripe_secret_key": "sk_test_sandbox",
            "decline_grace_seconds": 60.0,
            "late_window_seconds": 120.0,
        }
    if service == "calendar":
        # Shorter than the coordinator's patience: what lapsed in the meantime is taken again, or refused.
        return {"hold_margin_minutes": 2.0}
    return {}


def _directory() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="holdfast-simulation-", dir=memory()))
    # Also in a worker process, where `atexit` says nothing.
    Finalize(None, shutil.rmtree, args=(folder,), kwargs={"ignore_errors": True}, exitpriority=1)
    return folder


@cache
def workplace() -> Path:
    """Where the databases of a run lie. Always the same place: engines remember what they compiled."""
    return _directory()


@cache
def template() -> Path:
    """A directory with the databases as they are before the first customer comes. Made once per process."""
    folder = _directory()
    asyncio.run(_prepare(folder))
    for service, watched in WATCHED.items():
        with sqlite3.connect(folder / f"{service}.db") as database:
            _watch(database, watched)
        database.close()
    return folder


async def _prepare(folder: Path) -> None:
    runtime = Runtime(ManualClock(START), random.Random(0))
    for name, part in PARTS.items():
        service = part.build(settings_of(name, folder), runtime, LocalBus())
        await service.migrate()
        if name == "booking":
            async with service.desk.unit_of_work() as work:
                await apply_catalog(work, read_catalog(_catalog(), "shop.yaml"))
        await service.database.dispose()


def _catalog() -> str:
    catalog = catalog_of(SHOP)
    catalog["hold_minutes"] = 5
    for offering in catalog["offerings"]:
        if offering["slug"] == "hurry":
            offering["hold_minutes"] = 1
        if "prices" in offering:
            offering["payment_methods"] = ["checkout", "card"]
    for resource in catalog["resources"]:
        if resource["slug"] == "room":
            del resource["calendar"]
    return json.dumps(catalog)


def _watch(database: sqlite3.Connection, watched: tuple[tuple[str, str], ...]) -> None:
    """Have the database itself note every change of state: no code path can forget it."""
    database.execute(
        "CREATE TABLE diary (what TEXT, old TEXT, new TEXT, times INTEGER, PRIMARY KEY (what, old, new))"
    )
    for table, column in watched:
        note = (
            "INSERT INTO diary VALUES ('{what}', {old}, coalesce(new.{column}, ''), 1)"
            " ON CONFLICT (what, old, new) DO UPDATE SET times = times + 1;"
        )
        born = note.format(what=table, old="''", column=column)
        changed = note.format(what=table, old=f"coalesce(old.{column}, '')", column=column)
        database.execute(f"CREATE TRIGGER born_{table} AFTER INSERT ON {table} BEGIN {born} END")
        database.execute(
            f"CREATE TRIGGER changed_{table} AFTER UPDATE OF {column} ON {table}"
            f" WHEN old.{column} IS NOT new.{column} BEGIN {changed} END"
        )


def install(folder: Path) -> None:
    """Copy the databases for one run."""
    for file in sorted(template().glob("*.db")):
        shutil.copyfile(file, folder / file.name)


def visited(folder: Path) -> Counter[Change]:
    """Every change of state that happened in a run, and how often."""
    found: Counter[Change] = Counter()
    for service in WATCHED:
        database = sqlite3.connect(folder / f"{service}.db")
        for what, old, new, times in database.execute("SELECT what, old, new, times FROM diary"):
            found[(what, old, new)] += times
        database.close()
    return found
