"""`holdfast run`: the installation behind a server on loopback."""

import typer

from holdfast.embedded import installation
from holdfast.server import gateway_server, listen
from holdfast.welcome import welcome
from shared.runtime import Runtime
from shared.settings import ServiceSettings


async def run_embedded(runtime: Runtime | None = None) -> None:
    """Serve until the process is told to stop."""
    sockets = [listen(ServiceSettings().port)]
    async with installation(runtime) as running:
        server = gateway_server(running.app, running.gateway)
        said = welcome(running.url, f"{running.url}/sandbox", running.operator_key, running.applied)
        server.on_started = lambda: typer.echo(said)
        await server.serve(sockets=sockets)
