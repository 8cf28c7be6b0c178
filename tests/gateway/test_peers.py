"""Services that are down, slow, or say no: what the caller learns, over HTTP and in one process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from services.gateway.clients import ServiceClient, ServiceUnavailable, content_of
from services.gateway.transports import AsgiTransport, Connections, HttpTransport, Transport
from shared.errors import NotFound, Refusal
from shared.telemetry import tracing
from tests.support.gateway import a_town
from tests.support.loopback import listening, serving
from tests.support.ports import free_port

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def a_service() -> FastAPI:
    """Answers, refuses, breaks, and dawdles."""
    app = FastAPI()
    app.state.finished = 0

    @app.get("/headers")
    async def headers(request: Request) -> dict[str, str]:
        return dict(request.headers)

    @app.post("/echo")
    async def echo(request: Request) -> Response:
        return Response(await request.body(), media_type=request.headers["content-type"])

    @app.get("/query")
    async def query(request: Request) -> dict[str, str]:
        return dict(request.query_params)

    @app.get("/refused")
    async def refused() -> JSONResponse:
        problem = {"code": "too_late", "detail": "It is too late.", "next": [{"action": "call"}], "fee": 5}
        return JSONResponse(problem, 409, media_type="application/problem+json")

    @app.get("/unknown")
    async def unknown() -> JSONResponse:
        problem = {"code": "no_such_thing", "detail": "There is none."}
        return JSONResponse(problem, 404, media_type="application/problem+json")

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("a defect")

    @app.post("/slow")
    async def slow() -> dict[str, str]:
        await asyncio.sleep(0.2)
        app.state.finished += 1
        return {"done": "yes"}

    return app


@asynccontextmanager
async def over_http(app: FastAPI, total: float = 10) -> AsyncIterator[Transport]:
    door, origin = listening()
    connections = Connections(total=total)
    async with serving(app, door):
        yield HttpTransport(origin, connections)
        await connections.close()


@asynccontextmanager
async def in_process(app: FastAPI, total: float = 10) -> AsyncIterator[Transport]:
    yield AsgiTransport(app, total=total)


both_ways = pytest.mark.parametrize("way", [over_http, in_process], ids=["http", "in process"])


def client_of(transport: Transport) -> ServiceClient:
    return ServiceClient("booking", transport, "the-key")


@both_ways
async def test_a_service_is_shown_the_internal_key_and_the_trace(way: Any) -> None:
    async with way(a_service()) as transport:
        with tracing(TRACE):
            seen = await client_of(transport).read("/headers", headers={"X-Manage-Token": "t"})
    assert (seen["x-internal-key"], seen["traceparent"], seen["x-manage-token"]) == ("the-key", TRACE, "t")


@both_ways
async def test_bodies_and_queries_arrive_as_they_were_sent(way: Any) -> None:
    asked = {"name": "Zoë & söns", "at": "2026-03-09T10:00:00+01:00"}
    async with way(a_service()) as transport:
        echoed = await client_of(transport).ask("POST", "/echo", json_body=asked)
        query = await client_of(transport).ask("GET", "/query", query=asked)
    assert (echoed.json(), query.json()) == (asked, asked)


@both_ways
async def test_a_refusal_keeps_its_code_its_words_and_its_next_steps(way: Any) -> None:
    async with way(a_service()) as transport:
        answer = await client_of(transport).ask("GET", "/refused")
    with pytest.raises(Refusal) as refused:
        content_of(answer)
    assert (refused.value.code, refused.value.status) == ("too_late", 409)
    assert refused.value.problem()["next"] == [{"action": "call"}]
    assert refused.value.problem()["fee"] == 5


@both_ways
@pytest.mark.parametrize("path", ["/broken", "/no/such/route"])
async def test_who_refuses_without_naming_a_problem_is_not_the_service(way: Any, path: str) -> None:
    async with way(a_service()) as transport:
        with pytest.raises(ServiceUnavailable):
            await client_of(transport).ask("GET", path)


@both_ways
async def test_a_slow_service_is_given_up_but_finishes_its_work(way: Any) -> None:
    app = a_service()
    async with way(app, 0.05) as transport:
        with pytest.raises(ServiceUnavailable) as gave_up:
            await client_of(transport).ask("POST", "/slow")
        await asyncio.sleep(0.3)
    assert app.state.finished == 1
    assert "may have arrived" in gave_up.value.message


async def test_a_service_that_is_not_there_changed_nothing() -> None:
    connections = Connections()
    transport = HttpTransport(f"http://127.0.0.1:{free_port()}", connections)
    with pytest.raises(ServiceUnavailable) as down:
        await client_of(transport).ask("POST", "/echo")
    await connections.close()
    assert "Nothing was changed." in down.value.message


async def test_a_connection_broken_by_a_restart_is_tried_again_when_that_does_no_harm() -> None:
    door, origin = listening()
    served: list[str] = []

    async def breaks_off_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.append((await reader.readline()).decode())
        if len(served) > 1:
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}")
            await writer.drain()
        writer.close()

    connections = Connections()
    client = client_of(HttpTransport(origin, connections))
    async with await asyncio.start_server(breaks_off_once, sock=door):
        with_key = await client.ask("POST", "/bookings", headers={"idempotency-key": "k"})
        served.clear()
        with pytest.raises(ServiceUnavailable):
            await client.ask("POST", "/cancel")
    await connections.close()
    assert with_key.ok
    assert len(served) == 1


@pytest.mark.parametrize(
    ("peer", "method", "path", "still_works"),
    [
        ("booking", "GET", "/v1/businesses", "/v1/availability"),
        ("calendar", "GET", "/v1/availability?offering=consulting.advice", "Bookings can still be read"),
        ("notify", "GET", "/v1/bookings/bk_1.ics", "Bookings and payments are not affected"),
    ],
)
async def test_a_service_that_is_down_is_named_with_what_still_works(
    peer: str, method: str, path: str, still_works: str
) -> None:
    async with a_town() as town:
        getattr(town, peer).line.cut_for = {"GET", "POST"}
        answer = await town.client.request(method, path)
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (503, "service_unavailable")
    assert answer.headers["retry-after"] == "2"
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["service"] == peer
    assert still_works in problem["detail"]


async def test_a_booking_that_could_not_be_sent_may_be_sent_again_with_its_key() -> None:
    async with a_town() as town:
        town.booking.line.cut_for = {"POST"}
        down = await town.book(key="mine")
        town.booking.line.cut_for = set()
        up = await town.book(key="mine", prefer="respond-async")
    assert (down.status_code, up.status_code) == (503, 202)


async def test_a_wrong_internal_key_is_our_fault_and_not_the_callers() -> None:
    async with a_town(internal_key="another") as town:
        answer = await town.client.get("/v1/businesses")
    assert (answer.status_code, answer.json()["code"]) == (503, "service_unavailable")


async def test_what_a_service_does_not_know_is_not_found() -> None:
    async with in_process(a_service()) as transport:
        with pytest.raises(NotFound):
            await client_of(transport).read("/unknown")
