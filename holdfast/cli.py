"""The `holdfast` command."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from pydantic_settings import SettingsError

from shared.errors import Misconfigured, Refusal

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
catalog = typer.Typer(no_args_is_help=True, help="Catalogs: what a business offers, as files.")
app.add_typer(catalog, name="catalog")

SERVICE = Annotated[str, typer.Argument(help="booking, payment, calendar, notify, gateway or sandbox")]


def main() -> None:
    """Run the command; what is wrong is said in words, without a stack of code lines."""
    try:
        app(standalone_mode=True)
    except (Misconfigured, Refusal) as error:
        typer.echo(f"holdfast: {error}", err=True)
        raise SystemExit(1) from None
    except ValidationError as error:
        typer.echo(f"holdfast: {_settings_said(error)}", err=True)
        raise SystemExit(1) from None
    except SettingsError as error:
        typer.echo(f"holdfast: {_unreadable_said(error)}", err=True)
        raise SystemExit(1) from None


def _settings_said(error: ValidationError) -> str:
    found: list[Any] = error.errors()
    lines = []
    for one in found:
        name = "HOLDFAST_" + "_".join(str(part) for part in one["loc"]).upper() if one["loc"] else "settings"
        lines.append(f"{name}: {str(one['msg']).removeprefix('Value error, ')} (it is {one.get('input')!r})")
    return "a setting is wrong.\n  " + "\n  ".join(lines)


def _unreadable_said(error: SettingsError) -> str:
    # The error names the field in its words only; these settings are lists.
    field = str(error).partition('"')[2].partition('"')[0]
    name = f"HOLDFAST_{field.upper()}"
    return f'a setting is wrong.\n  {name}: write a list like ["a", "b"] (it is {os.environ.get(name)!r})'


@app.command()
def run() -> None:
    """Run the whole product in this process, with the sandbox as the outside world."""
    from holdfast.running import run_embedded

    _with_loop(run_embedded())


@app.command()
def serve(service: SERVICE, port: Annotated[int, typer.Option(help="0: the usual port")] = 0) -> None:
    """Run one service against its database and RabbitMQ."""
    from holdfast.serving import serve_service

    _with_loop(serve_service(service, port))


@app.command()
def distributed() -> None:
    """Run every service in its own process against PostgreSQL and RabbitMQ."""
    from holdfast.distributed import run_distributed

    asyncio.run(run_distributed())


@app.command()
def migrate(service: SERVICE) -> None:
    """Bring one service's database to the newest schema and declare the message queues."""
    from holdfast.serving import migrate_service

    asyncio.run(migrate_service(service))
    typer.echo(f"{service}: the schema is current")


@app.command()
def check() -> None:
    """Say whether the settings make sense and databases and broker answer; changes nothing."""
    from holdfast.checking import check_everything

    if not asyncio.run(check_everything()):
        raise SystemExit(1)


@app.command()
def docs(target: Path = Path("docs")) -> None:
    """Write the generated documents: messages as AsyncAPI, sagas as pictures."""
    from holdfast.documents import write_documents

    for path in write_documents(target):
        typer.echo(path)


@catalog.command("apply")
def catalog_apply(
    file: Path,
    url: Annotated[str, typer.Option(help="the installation's address")] = "",
    operator_key: Annotated[str, typer.Option(envvar="HOLDFAST_OPERATOR_KEY")] = "",
) -> None:
    """Make a business what its file says; applying the same file again changes nothing."""
    from holdfast.catalogs import apply_remotely, said
    from holdfast.keys import load_keys
    from shared.settings import ServiceSettings

    settings = ServiceSettings()
    key = operator_key or load_keys(settings.data_dir)["HOLDFAST_OPERATOR_KEY"]
    try:
        applied = apply_remotely(file, url or settings.site, key)
    except Refusal as error:
        typer.echo(f"holdfast: {said(error)}", err=True)
        raise SystemExit(1) from None
    for change in applied["changes"]:
        typer.echo(f"{change['change']:<18} {change['what']:<10} {change['id']}")
    typer.echo(f"{len(applied['changes'])} changed, {applied['unchanged']} unchanged")


def _with_loop(work: object) -> None:
    """Run a coroutine on the fastest loop that is to be had."""
    factory = None
    if os.environ.get("HOLDFAST_LOOP", "uvloop") == "uvloop":
        try:
            import uvloop

            factory = uvloop.new_event_loop
        except ImportError:
            factory = None
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(work)  # type: ignore[arg-type]
