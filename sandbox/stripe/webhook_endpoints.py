"""Who wants to be told, and the log they are told from."""

import re
from collections import Counter
from typing import Any

from sandbox.stripe.account import Account
from sandbox.stripe.errors import ParameterError
from sandbox.stripe.lists import listing
from sandbox.stripe.parameters import merged
from sandbox.world import Condition, Document

_EVENT_NAME = re.compile(r"\*|[a-z0-9_]+(\.[a-z0-9_]+)+")


def create(account: Account, params: dict[str, Any]) -> Document:
    _check(params)
    secret = account.world.new_id("whsec_", 32)
    endpoint = account.new(
        "webhook_endpoint",
        api_version=params.get("api_version"),
        application=None,
        description=params.get("description"),
        enabled_events=params["enabled_events"],
        metadata=merged({}, params.get("metadata")),
        status="enabled",
        url=params["url"],
        _secret=secret,
    )
    account.save(endpoint)
    # The secret is shown once, here.
    return endpoint | {"secret": secret}


def retrieve(account: Account, params: dict[str, Any], id: str) -> Document:
    return account.load("webhook_endpoint", id)


def update(account: Account, params: dict[str, Any], id: str) -> Document:
    endpoint = account.load("webhook_endpoint", id)
    _check(params)
    fields = ("description", "enabled_events", "url")
    endpoint.update({field: params[field] for field in fields if field in params})
    endpoint["metadata"] = merged(endpoint["metadata"], params.get("metadata"))
    if "disabled" in params:
        endpoint["status"] = "disabled" if params["disabled"] else "enabled"
    return account.save(endpoint)


def delete(account: Account, params: dict[str, Any], id: str) -> Document:
    account.load("webhook_endpoint", id)
    account.world.delete("stripe.webhook_endpoint", id)
    return {"id": id, "object": "webhook_endpoint", "deleted": True}


def list_all(account: Account, params: dict[str, Any]) -> Document:
    return listing(account, "webhook_endpoint", params, "/v1/webhook_endpoints")


def retrieve_event(account: Account, params: dict[str, Any], id: str) -> Document:
    return _with_pending(account, [account.load("event", id)])[0]


def list_events(account: Account, params: dict[str, Any]) -> Document:
    wanted: list[Condition] = []
    if "types" in params:
        wanted.append(("type", "in", tuple(params["types"])))
    if "type" in params:
        wanted.append(("type", "=", params["type"]))
    page = listing(account, "event", params, "/v1/events", *wanted)
    page["data"] = _with_pending(account, page["data"])
    if "delivery_success" in params:
        delivered = params["delivery_success"]
        page["data"] = [event for event in page["data"] if (event["pending_webhooks"] == 0) == delivered]
    return page


def _with_pending(account: Account, events: list[Document]) -> list[Document]:
    ids = tuple(event["id"] for event in events)
    pending = account.world.find("stripe.delivery", ("at", ">", 0), ("event", "in", ids))
    waiting = Counter(delivery["event"] for delivery in pending)
    return [event | {"pending_webhooks": waiting[event["id"]]} for event in events]


def _check(params: dict[str, Any]) -> None:
    url = params.get("url", "http://")
    if not url.startswith(("http://", "https://")):
        raise ParameterError("Invalid URL: An explicit scheme (such as https) must be provided.", param="url")
    for place, name in enumerate(params.get("enabled_events", ())):
        if not _EVENT_NAME.fullmatch(name):
            raise ParameterError(f"Invalid enabled_events[{place}]: {name}", param=f"enabled_events[{place}]")
