"""One Stripe account as one call sees it: its objects, its clock and its event log."""

from dataclasses import dataclass
from typing import Any

from sandbox.stripe import event_log
from sandbox.stripe.errors import no_such
from sandbox.stripe.settings import StripeSandboxSettings
from sandbox.world import Condition, Document, World

PREFIXES = {
    "payment_intent": "pi_",
    "charge": "ch_",
    "checkout.session": "cs_test_",
    "refund": "re_",
    "balance_transaction": "txn_",
    "customer": "cus_",
    "payment_method": "pm_",
    "setup_intent": "seti_",
    "dispute": "du_",
    "event": "evt_",
    "webhook_endpoint": "we_",
}
_LENGTHS = {"customer": 14, "checkout.session": 58}
_WITHOUT_LIVEMODE = ("refund", "balance_transaction")


def kind(object: str) -> str:
    """Where the world keeps objects of this type."""
    return f"stripe.{object}"


@dataclass(frozen=True)
class Account:
    """What a call reads and writes."""

    world: World
    settings: StripeSandboxSettings
    request_id: str | None = None
    idempotency_key: str | None = None

    def timestamp(self) -> int:
        """Now, in whole seconds."""
        return int(self.world.now().timestamp())

    def new(self, object: str, **fields: Any) -> Document:
        """A fresh object with its id; not saved yet."""
        document: Document = {
            "id": self.world.new_id(PREFIXES[object], _LENGTHS.get(object, 24)),
            "object": object,
            "created": self.timestamp(),
        }
        if object not in _WITHOUT_LIVEMODE:
            document["livemode"] = False
        return {**document, **fields}

    def save(self, document: Document) -> Document:
        """Remember an object as it is now."""
        self.world.put(kind(document["object"]), document["id"], document)
        return document

    def peek(self, object: str, id: str) -> Document | None:
        """An object, when there is one of that id."""
        return self.world.get(kind(object), id)

    def load(self, object: str, id: str, param: str = "id") -> Document:
        """An object; refused as Stripe does when there is none."""
        document = self.peek(object, id)
        if document is None:
            raise no_such(object, id, param)
        return document

    def find(self, object: str, *conditions: Condition) -> list[Document]:
        """The objects that meet every condition, oldest first."""
        return self.world.find(kind(object), *conditions)

    def emit(self, type: str, document: Document, previous: Document | None = None) -> None:
        """Write an event into the log and queue it for everyone who listens."""
        event_log.record(
            self.world,
            self.settings,
            type=type,
            snapshot=public(document),
            previous=previous,
            request={"id": self.request_id, "idempotency_key": self.idempotency_key},
        )


def public(document: Document) -> Document:
    """The object as it goes over the wire: what begins with an underscore stays inside."""
    return {key: value for key, value in document.items() if not key.startswith("_")}
