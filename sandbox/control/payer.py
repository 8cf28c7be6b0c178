"""The customer in front of a payment page."""

import re
from typing import Any
from urllib.parse import unquote, urlsplit

from sandbox.control.bodies import Pay
from sandbox.control.browser import Browser
from sandbox.problems import Problem
from sandbox.stripe.customer import pay
from sandbox.world import Document, World

GOOD_CARD = "4242424242424242"
_SECRET = re.compile(r"\b(pi_[A-Za-z0-9]+)_secret_")
_SESSION = re.compile(r"\b(cs_test_[A-Za-z0-9]+)")
_PAID = ("paid", "authorized")


class Payer:
    """Does what a customer does: pays, answers the bank, goes back."""

    def __init__(self, world: World, browser: Browser) -> None:
        self._world = world
        self._browser = browser

    async def act(self, wish: Pay) -> Document:
        """What came of it."""
        if wish.action == "cancel" and not wish.card and not self._bank_asks(wish.url):
            return await self._leave(wish.url)
        outcome = self._pay(wish)
        if outcome["outcome"] == "unknown":
            raise _nothing_there(wish.url)
        if outcome["outcome"] in _PAID and wish.comes_back and outcome.get("redirect"):
            outcome["visited"] = (await self._browser.visit(outcome["redirect"])).model_dump()
        return outcome

    def _pay(self, wish: Pay) -> Document:
        target = _target(wish.url)
        if wish.card or self._bank_asks(wish.url):
            return pay(self._world, target, card=wish.card, action=wish.action)
        if wish.action == "approve":
            return pay(self._world, target, card=GOOD_CARD, action="approve")
        steps = ["Send a card, for example 4242 4242 4242 4242.", "Or send the action approve or cancel."]
        raise Problem(422, "card_needed", "A customer needs a card or an action.", steps)

    async def _leave(self, url: str) -> Document:
        session = self._session(url)
        if session is None:
            if _SECRET.search(unquote(url)) is None:
                raise _nothing_there(url)
            return {"outcome": "left", "redirect": None}
        back = session.get("cancel_url")
        if not back:
            detail = "This payment page has no way back."
            raise Problem(409, "no_way_back", detail, ["Let the page expire: POST control/clock."])
        visit = await self._browser.visit(back)
        return {"outcome": "left", "redirect": back, "visited": visit.model_dump()}

    def _bank_asks(self, url: str) -> bool:
        """Whether a bank's page is open for this payment and an action alone is the answer to it."""
        if "/3ds/" in urlsplit(url).path:
            return True
        session = self._session(url)
        found = _SECRET.search(unquote(url))
        intent_id = session["payment_intent"] if session else found and found[1]
        intent = self._world.get("stripe.payment_intent", intent_id) if intent_id else None
        return intent is not None and intent["status"] == "requires_action"

    def _session(self, url: str) -> dict[str, Any] | None:
        found = _SESSION.search(url)
        return self._world.get("stripe.checkout.session", found[1]) if found else None


def _target(url: str) -> str:
    """What the provider knows the page by; a product page names it in its client secret."""
    found = _SECRET.search(unquote(url))
    return found[1] if found else url


def _nothing_there(url: str) -> Problem:
    steps = [
        "Take the url from payment.next_action of the booking.",
        "For the product's own card form, add its secret: /pay/{booking}?client_secret=pi_…_secret_….",
    ]
    return Problem(404, "nothing_to_pay", f"There is nothing to pay at {url}", steps)
