"""The log of everything that happened, and who is still to be told."""

from sandbox.stripe.settings import API_VERSION, Listener, StripeSandboxSettings
from sandbox.world import Document, World

_EVENT = "stripe.event"
_DELIVERY = "stripe.delivery"
_ENDPOINT = "stripe.webhook_endpoint"


def record(
    world: World,
    settings: StripeSandboxSettings,
    *,
    type: str,
    snapshot: Document,
    previous: Document | None,
    request: Document,
) -> Document:
    """Add an event, with a delivery to each endpoint that listens to its type."""
    data: Document = {"object": snapshot}
    if previous is not None:
        data["previous_attributes"] = previous
    event: Document = {
        "id": world.new_id("evt_"),
        "object": "event",
        "api_version": API_VERSION,
        "created": int(world.now().timestamp()),
        "data": data,
        "livemode": False,
        "pending_webhooks": 0,
        "request": request,
        "type": type,
    }
    with world.transaction():
        world.put(_EVENT, event["id"], event)
        _queue(world, settings, event)
    return event


def listeners(world: World, settings: StripeSandboxSettings) -> dict[str, Listener]:
    """Everyone who is told about events, by endpoint id."""
    known = {f"we_settings_{place}": listener for place, listener in enumerate(settings.webhooks)}
    for endpoint in world.all(_ENDPOINT):
        if endpoint["status"] == "enabled":
            known[endpoint["id"]] = Listener(
                url=endpoint["url"],
                secret=endpoint["_secret"],
                enabled_events=tuple(endpoint["enabled_events"]),
            )
    return known


def queue_delivery(world: World, event: Document, endpoint: str, at: float, *, held: bool = False) -> None:
    """Have one event delivered to one endpoint at a moment."""
    delivery = {
        "id": world.new_id("whd_"),
        "event": event["id"],
        "type": event["type"],
        "endpoint": endpoint,
        "status": "pending",
        "at": at,
        "held": held,
        "attempts": [],
        "created": event["created"],
    }
    world.put(_DELIVERY, delivery["id"], delivery)


def _queue(world: World, settings: StripeSandboxSettings, event: Document) -> None:
    interested = [
        id
        for id, listener in listeners(world, settings).items()
        if "*" in listener.enabled_events or event["type"] in listener.enabled_events
    ]
    if not interested or world.struck("stripe", "drop_webhooks") is not None:
        return
    copies = 5 if world.struck("stripe", "duplicate_webhooks") is not None else 1
    held = world.struck("stripe", "reorder_webhooks")
    at = world.now().timestamp()
    if held is not None:
        at = _held_until(world, at + float(held.get("seconds", 2)))
    for endpoint in interested:
        for _ in range(copies):
            queue_delivery(world, event, endpoint, at, held=held is not None)


def _held_until(world: World, at: float) -> float:
    earlier = [delivery["at"] for delivery in world.find(_DELIVERY, ("held", "=", 1), ("at", ">", 0))]
    return float(min([at, *earlier]))
