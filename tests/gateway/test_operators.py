"""What only operators may do, and under which name it is done."""

from typing import Any

import pytest

from tests.support.gateway import OPERATOR, OPERATOR_KEY, TOKEN, a_town

DEAD = {"id": "msg_1", "type": "calendar.held", "subject": "bk_1", "attempts": 3, "error": "boom", "body": {}}
ADMIN_READS = [
    "/v1/admin/bookings",
    "/v1/admin/sagas",
    "/v1/admin/sagas/saga_1",
    "/v1/admin/notifications?booking_id=bk_1",
    "/v1/admin/payments/bk_1",
    "/v1/admin/payments/attention",
    "/v1/admin/journal",
    "/v1/admin/resources",
    "/v1/admin/messages",
    "/v1/admin/messages/booking",
]


@pytest.mark.parametrize("path", ADMIN_READS)
async def test_without_the_key_nothing_is_shown_and_no_service_is_asked(path: str) -> None:
    async with a_town() as town:
        keyless = await town.client.get(path)
        wrong = await town.client.get(path, headers={"X-Operator-Key": "hk_op_guess"})
        customer = await town.client.get(path, headers={"Authorization": f"Bearer {TOKEN}"})
        peers = (town.booking, town.payment, town.calendar, town.notify)
        asked = [one for peer in peers for one in peer.asked]
    assert (keyless.status_code, keyless.json()["code"]) == (401, "operator_key_needed")
    assert keyless.headers["www-authenticate"] == "Bearer"
    assert (wrong.status_code, wrong.json()["code"]) == (403, "operators_only")
    assert customer.status_code == 403
    assert asked == []


async def test_an_installation_without_a_key_lets_nobody_in() -> None:
    async with a_town(operator_key="") as town:
        empty = await town.client.get("/v1/admin/sagas", headers={"X-Operator-Key": ""})
        bearer = await town.client.get("/v1/admin/sagas", headers={"Authorization": "Bearer "})
    assert (empty.status_code, bearer.status_code) == (403, 403)


async def test_both_ways_to_show_the_key_open_the_door() -> None:
    async with a_town() as town:
        town.booking.tells("GET", "/admin/sagas", {"sagas": []})
        answers = [
            await town.client.get("/v1/admin/sagas", headers=shown)
            for shown in (OPERATOR, {"X-Operator-Key": OPERATOR_KEY})
        ]
        sent = town.booking.last("GET", "/admin/sagas").headers
    assert [answer.json() for answer in answers] == [{"sagas": []}] * 2
    assert sent["x-operator"] == "yes"


async def test_bookings_are_filtered_and_paged_by_the_service() -> None:
    async with a_town() as town:
        town.booking.tells("GET", "/admin/bookings", {"bookings": [], "next_cursor": None})
        query = {"status": "confirmed", "limit": "10", "cursor": "abc"}
        await town.client.get("/v1/admin/bookings", params=query, headers=OPERATOR)
        sent = town.booking.last("GET", "/admin/bookings")
    assert sent.query == query


@pytest.mark.parametrize("act", ["retry", "skip", "give-up"])
async def test_an_operators_act_carries_reason_and_author(act: str) -> None:
    path = f"/admin/sagas/saga_1/{act}"
    said: dict[str, Any] = {"step": "collect the payment", "reason": "The bank said so."}
    async with a_town() as town:
        town.booking.tells("POST", path, {"id": "saga_1", "status": "running"})
        answer = await town.client.post(
            f"/v1{path}", json=said, headers={**OPERATOR, "X-Operator-Name": "Grace\x07 Hopper "}
        )
        sent = town.booking.last("POST", path)
    assert answer.json()["status"] == "running"
    assert sent.json == {**said, "author": "Grace Hopper"}


async def test_an_act_without_a_reason_or_of_another_kind_is_refused() -> None:
    async with a_town() as town:
        unexplained = await town.client.post(
            "/v1/admin/sagas/saga_1/retry", json={"step": "x"}, headers=OPERATOR
        )
        unknown = await town.client.post(
            "/v1/admin/sagas/saga_1/explode", json={"step": "x", "reason": "why not"}, headers=OPERATOR
        )
    assert (unexplained.status_code, unknown.status_code) == (422, 422)


async def test_a_catalog_is_applied_as_it_was_written() -> None:
    yaml = "business:\n  name: Zoë's\n".encode()
    async with a_town() as town:
        town.booking.tells("POST", "/admin/catalog", {"changes": [], "unchanged": 3})
        answer = await town.client.post(
            "/v1/admin/catalog?name=piano.yaml",
            content=yaml,
            headers={**OPERATOR, "Content-Type": "text/yaml"},
        )
        sent = town.booking.last("POST", "/admin/catalog")
    assert answer.json() == {"changes": [], "unchanged": 3}
    assert (sent.body, sent.query, sent.headers["content-type"]) == (
        yaml,
        {"name": "piano.yaml"},
        "text/yaml",
    )


async def test_a_catalog_with_a_mistake_comes_back_with_line_and_column() -> None:
    errors = [{"line": 3, "column": 5, "path": "offerings.0.price", "message": "not an amount"}]
    problem = {"code": "catalog_invalid", "detail": "1 mistake", "errors": errors, "next": []}
    async with a_town() as town:
        town.booking.tells("POST", "/admin/catalog", problem, 422)
        answer = await town.client.post(
            "/v1/admin/catalog", content=b"x: y", headers={**OPERATOR, "Content-Type": "application/yaml"}
        )
    assert (answer.status_code, answer.json()["errors"]) == (422, errors)


async def test_a_catalog_that_is_not_yaml_is_refused() -> None:
    async with a_town() as town:
        answer = await town.client.post("/v1/admin/catalog", json={}, headers=OPERATOR)
    assert (answer.status_code, answer.json()["code"]) == (415, "yaml_expected")


async def test_dead_letters_of_all_services_are_listed_even_when_one_is_down() -> None:
    async with a_town() as town:
        for peer in (town.booking, town.calendar, town.notify):
            peer.tells("GET", "/admin/messages", {"messages": [DEAD] if peer is town.calendar else []})
        town.payment.line.cut_for = {"GET"}
        answer = await town.client.get("/v1/admin/messages", headers=OPERATOR)
    assert answer.json() == {
        "services": {"booking": [], "calendar": [DEAD], "notify": []},
        "unavailable": ["payment"],
    }


async def test_a_dead_letter_is_replayed_with_another_body_or_dropped() -> None:
    async with a_town() as town:
        town.notify.tells("GET", "/admin/messages", {"messages": [DEAD]})
        for act in ("replay", "drop"):
            town.notify.tells("POST", f"/admin/messages/msg_1/{act}", {"id": "msg_1", "status": act})
        listed = await town.client.get("/v1/admin/messages/notify?status=parked", headers=OPERATOR)
        replayed = await town.client.post(
            "/v1/admin/messages/notify/msg_1/replay", json={"body": {"a": 1}}, headers=OPERATOR
        )
        dropped = await town.client.post("/v1/admin/messages/notify/msg_1/drop", headers=OPERATOR)
        asked = town.notify.last("POST", "/admin/messages/msg_1/replay")
        query = town.notify.last("GET", "/admin/messages").query
    assert (listed.json(), query) == ({"messages": [DEAD]}, {"status": "parked"})
    assert (replayed.json()["status"], asked.json) == ("replay", {"body": {"a": 1}})
    assert dropped.json()["status"] == "drop"


async def test_money_and_messages_of_a_booking_are_shown() -> None:
    async with a_town() as town:
        town.payment.tells("GET", "/payments/bk_1", {"booking_id": "bk_1", "status": "captured"})
        town.payment.tells("GET", "/admin/payments/attention", {"payments": []})
        town.payment.tells("POST", "/admin/payments/bk_1/retry", {"booking_id": "bk_1", "status": "captured"})
        town.payment.tells("GET", "/journal", {"balances": []})
        town.calendar.tells("GET", "/admin/resources", {"resources": []})
        town.notify.tells("GET", "/notifications", {"notifications": []})
        retried = await town.client.post("/v1/admin/payments/bk_1/retry", headers=OPERATOR)
        paths = (
            "payments/bk_1",
            "payments/attention",
            "journal",
            "resources",
            "notifications?booking_id=bk_1",
        )
        answers = [(await town.client.get(f"/v1/admin/{path}", headers=OPERATOR)).json() for path in paths]
    assert retried.json()["booking_id"] == "bk_1"
    assert answers == [
        {"booking_id": "bk_1", "status": "captured"},
        {"payments": []},
        {"balances": []},
        {"resources": []},
        {"notifications": []},
    ]
