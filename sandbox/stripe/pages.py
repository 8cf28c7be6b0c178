"""The pages a customer sees: the Checkout page and the bank's."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import APIRouter
from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sandbox.stripe import paying
from sandbox.stripe.account import Account
from sandbox.stripe.amounts import written
from sandbox.stripe.card_form import CHIPS, CardForm, read_card_form
from sandbox.stripe.sessions import opened_until
from sandbox.stripe.settings import StripeSandboxSettings
from sandbox.stripe.sweep import sweep
from sandbox.world import Document, World

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(),
    trim_blocks=True,
)
_POLICY = "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; base-uri 'none'"


class _Pages:
    def __init__(self, world: World, settings: StripeSandboxSettings) -> None:
        self._account = Account(world, settings)

    async def show(self, request: Request) -> Response:
        session = self._session(request)
        if session is None:
            return self._page("gone.html", 404, title="Page not found", text="There is no such payment page.")
        return self._checkout(session, CardForm(email=session["customer_email"] or ""))

    async def submit(self, request: Request) -> Response:
        session = self._session(request)
        if session is None:
            return self._page("gone.html", 404, title="Page not found", text="There is no such payment page.")
        form = read_card_form(await _sent(request))
        if form.fill is not None:
            return self._checkout(session, form.filled())
        errors = form.errors(with_email=session["customer_email"] is None)
        if errors and session["status"] == "open":
            return self._checkout(session, form, errors)
        email = session["customer_email"] or form.email
        who = {"email": email, "name": form.name}
        outcome = paying.pay_session(self._account, session["id"], form.card(), who)
        if outcome.redirect is not None:
            return RedirectResponse(outcome.redirect, 303)
        session = self._account.load("checkout.session", session["id"])
        place = outcome.field or "number"
        return self._checkout(session, form, {place: outcome.message or "Your card was declined."})

    async def back(self, request: Request) -> Response:
        """The customer returns from the bank."""
        session = self._session(request)
        if session is None or session["status"] != "open":
            return await self.show(request)
        message = "The bank did not confirm the payment. Nothing was charged; try again or use another card."
        if session["payment_intent"] is not None:
            intent = self._account.load("payment_intent", session["payment_intent"])
            error = intent["last_payment_error"] or {}
            if error.get("type") == "card_error":
                message = error["message"]
        form = CardForm(email=session["customer_email"] or "")
        return self._checkout(session, form, {"number": message})

    async def bank(self, request: Request) -> Response:
        intent = self._challenged(request)
        if intent is None:
            return self._page(
                "gone.html", 404, title="Nothing to confirm", text="This payment waits for no bank."
            )
        amount = written(intent["amount"], intent["currency"]) if "amount" in intent else None
        return self._page("bank.html", 200, amount=amount, business=self._account.settings.business_name)

    async def answer_bank(self, request: Request) -> Response:
        intent = self._challenged(request)
        if intent is None:
            return self._page(
                "gone.html", 404, title="Nothing to confirm", text="This payment waits for no bank."
            )
        form = await _sent(request)
        outcome = paying.answer_bank(self._account, intent["id"], approved=form.get("answer") == "complete")
        back = outcome.redirect
        if back is None:
            return self._page("gone.html", 200, title="Thank you", text="You can close this window.")
        if f"{self._account.settings.base_url}/c/pay/" not in back:
            back = _with_news(back, intent, outcome.kind)
        return RedirectResponse(self._after_bank(intent, back), 303)

    def _after_bank(self, intent: Document, back: str) -> str:
        found = self._account.find("checkout.session", ("payment_intent", "=", intent["id"]))
        paid = [session for session in found if session["status"] == "complete"]
        return paying.success_url(paid[0]) if paid else back

    def _session(self, request: Request) -> Document | None:
        sweep(self._account)
        return self._account.peek("checkout.session", request.path_params["id"])

    def _challenged(self, request: Request) -> Document | None:
        id = request.path_params["id"]
        object = "setup_intent" if id.startswith("seti_") else "payment_intent"
        intent = self._account.peek(object, id)
        if intent is None or intent.get("_challenge") != request.path_params["token"]:
            return None
        return intent

    def _checkout(self, session: Document, form: CardForm, errors: dict[str, str] | None = None) -> Response:
        if session["status"] == "complete":
            return self._page(
                "gone.html",
                200,
                title="Payment complete",
                text="This has been paid. You will not be charged again.",
                link=paying.success_url(session),
                link_text=f"Back to {session['branding_settings']['display_name']}",
            )
        # Somebody who pressed the button in time may still be heard after the page has closed.
        if session["status"] == "expired":
            return self._page(
                "gone.html",
                200,
                title="This page has expired",
                text="Nothing was charged. Go back and book again to get a new page.",
                link=session["cancel_url"],
                link_text=f"Back to {session['branding_settings']['display_name']}",
            )
        return self._page("checkout.html", 200, **self._shown(session), form=form, errors=errors or {})

    def _shown(self, session: Document) -> dict[str, Any]:
        currency = session["currency"]
        lines = [
            {
                "name": line["description"],
                "about": line["_about"],
                "quantity": line["quantity"],
                "each": written(line["price"]["unit_amount"], currency),
                "total": written(line["amount_total"], currency),
            }
            for line in session["_line_items"]
        ]
        return {
            "business": session["branding_settings"]["display_name"],
            "lines": lines,
            "total": written(session["amount_total"], currency),
            "reserved_only": session["_intent"].get("capture_method") == "manual",
            "fixed_email": session["customer_email"],
            "back": session["cancel_url"],
            "until": opened_until(session),
            "action": f"{self._account.settings.base_url}/c/pay/{session['id']}",
            "chips": CHIPS,
        }

    def _page(self, template: str, status: int, **shown: Any) -> HTMLResponse:
        html = _TEMPLATES.get_template(template).render(base=self._account.settings.base_url, **shown)
        headers = {
            "Content-Security-Policy": _POLICY + "; frame-ancestors 'none'",
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
        }
        return HTMLResponse(html, status, headers)


async def _sent(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode(errors="replace"), keep_blank_values=True))


def _with_news(back: str, intent: Document, kind: str) -> str:
    """The return address, which may have a query and a fragment of its own, with how it ended."""
    word = intent["object"]
    news = {
        word: intent["id"],
        f"{word}_client_secret": intent["client_secret"],
        "redirect_status": "failed" if kind == "declined" else "succeeded",
    }
    parts = urlsplit(back)
    return parts._replace(query="&".join(filter(None, (parts.query, urlencode(news))))).geturl()


def page_routes(router: APIRouter, world: World, settings: StripeSandboxSettings) -> None:
    """Add the hosted pages."""
    pages = _Pages(world, settings)
    for path, method, endpoint in (
        ("/c/pay/{id}", "GET", pages.show),
        ("/c/pay/{id}", "POST", pages.submit),
        ("/c/pay/{id}/back", "GET", pages.back),
        ("/3ds/{id}/{token}", "GET", pages.bank),
        ("/3ds/{id}/{token}", "POST", pages.answer_bank),
    ):
        router.add_route(path, endpoint, methods=[method], include_in_schema=False)
