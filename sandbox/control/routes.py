"""The routes of the control API."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Response

from sandbox.control import views
from sandbox.control.bodies import Advance, BreakIt, Pay, Redeliver
from sandbox.control.browser import Browser
from sandbox.control.payer import Payer
from sandbox.faults import arm
from sandbox.google import google_credentials
from sandbox.problems import Problem
from sandbox.smtp import MAIL
from sandbox.stripe import customer
from sandbox.switches import known, switch
from sandbox.world import Document, World

_MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none';"
    " img-src data: http: https:; style-src 'unsafe-inline'"
)


def control_routes(world: World, base_url: str, browser: Browser, reset: Callable[[], None]) -> APIRouter:
    """Everything the control API answers."""
    router = APIRouter(tags=["control"])
    _add_paying(router, world, browser)
    _add_mails(router, world)
    _add_seeing(router, world, base_url)
    _add_webhooks(router, world)
    _add_faults(router, world)
    _add_clock(router, world, reset)
    return router


def _add_paying(router: APIRouter, world: World, browser: Browser) -> None:
    payer = Payer(world, browser)

    @router.post("/pay")
    async def pay(wish: Pay) -> Document:
        """Act as the customer on a payment page."""
        return await payer.act(wish)


def _add_mails(router: APIRouter, world: World) -> None:
    @router.get("/mails")
    async def list_mails(to: str = "", subject: str = "", limit: int = 200) -> list[Document]:
        """The inbox, newest first."""
        return views.mails(world, to, subject, limit)

    @router.get("/mails/{mail_id}")
    async def read_mail(mail_id: str) -> Document:
        """One mail with everything in it."""
        return _mail(world, mail_id)

    @router.get("/mails/{mail_id}/html", response_class=Response)
    async def show_mail(mail_id: str) -> Response:
        """A mail as a mail program draws it, unable to do anything."""
        html = _mail(world, mail_id)["html"]
        if html is None:
            raise _missing(f"Mail {mail_id} has no HTML.", f"GET control/mails/{mail_id} has its text.")
        headers = {"Content-Security-Policy": _MAIL_POLICY, "Referrer-Policy": "no-referrer"}
        return Response('<base target="_blank">' + html, media_type="text/html", headers=headers)

    @router.get("/mails/{mail_id}/calendar.ics", response_class=Response)
    async def read_invitation(mail_id: str) -> Response:
        """The invitation inside a mail."""
        parts = _mail(world, mail_id)["calendars"]
        if not parts:
            raise _missing(
                f"Mail {mail_id} has no calendar part.", "GET control/mails names those that have."
            )
        method = f"; method={parts[0]['method']}" if parts[0]["method"] else ""
        return Response(parts[0]["ics"], headers={"Content-Type": f"text/calendar{method}; charset=utf-8"})


def _add_seeing(router: APIRouter, world: World, base_url: str) -> None:
    @router.get("/texts")
    async def list_texts() -> list[Document]:
        """The text messages that were sent."""
        return world.all("text")

    @router.get("/charges")
    async def list_charges() -> list[Document]:
        """Every attempt to take money, newest first."""
        return customer.charges(world)

    @router.get("/refunds")
    async def list_refunds() -> list[Document]:
        """All money given back, newest first."""
        return customer.refunds(world)

    @router.get("/calendar")
    async def list_events(deleted: bool = False) -> list[dict[str, Any]]:
        """The events of all calendars in order of their start; deleted ones on request."""
        return views.calendar(world, deleted=deleted)

    @router.get("/google/credentials")
    async def service_account() -> dict[str, Any]:
        """The service account file that opens the sandbox's calendars."""
        return google_credentials(world, base_url)


def _add_webhooks(router: APIRouter, world: World) -> None:
    @router.get("/webhooks")
    async def list_deliveries() -> list[Document]:
        """Every delivery of an event with what came of it, newest first."""
        return customer.webhooks(world)

    @router.post("/webhooks/{event_id}/redeliver")
    async def redeliver(event_id: str, wish: Redeliver | None = None) -> dict[str, int]:
        """Tell an event again to everybody who listens."""
        if world.get("stripe.event", event_id) is None:
            raise _missing(f"There is no event {event_id}.", "GET control/webhooks names them.")
        return {"deliveries": customer.redeliver(world, event_id, (wish or Redeliver(times=1)).times)}


def _add_faults(router: APIRouter, world: World) -> None:
    @router.get("/faults")
    async def list_faults() -> dict[str, Any]:
        """What is broken now, and what can be broken."""
        return {"faults": views.faults(world), "known": known()}

    @router.post("/faults", status_code=201)
    async def break_it(wish: BreakIt) -> dict[str, Any]:
        """Break something."""
        fault = switch(wish.provider, wish.fault)
        if fault is None:
            detail = f"There is no fault {wish.fault} of {wish.provider}."
            raise Problem(422, "unknown_fault", detail, ["Take one of the known ones."], known=known())
        only = {name: value for name, value in (("method", wish.method), ("path", wish.path)) if value}
        arm(world, fault, wish.count, wish.seconds, **only)
        return {"faults": views.faults(world)}

    @router.delete("/faults")
    async def mend() -> dict[str, int]:
        """Mend everything."""
        broken = len(views.faults(world))
        world.disarm()
        return {"mended": broken}


def _add_clock(router: APIRouter, world: World, reset: Callable[[], None]) -> None:
    @router.get("/clock")
    async def read_clock() -> dict[str, str]:
        """The time it is out there."""
        return {"now": world.now().isoformat()}

    @router.post("/clock")
    async def advance(wish: Advance) -> dict[str, str]:
        """Move the outside world's clock forward."""
        world.advance(wish.advance_seconds)
        return {"now": world.now().isoformat()}

    @router.post("/reset")
    async def start_over() -> dict[str, str]:
        """Forget mails, money, calendars and faults; the clock stays."""
        reset()
        return {"now": world.now().isoformat()}


def _mail(world: World, mail_id: str) -> Document:
    mail = world.get(MAIL, mail_id)
    if mail is None:
        raise _missing(f"There is no mail {mail_id}.", "GET control/mails lists them.")
    return mail


def _missing(detail: str, step: str) -> Problem:
    return Problem(404, "not_found", detail, [step])
