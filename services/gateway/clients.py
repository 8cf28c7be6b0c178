"""The services behind the gateway, and what to say when one of them does not answer."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.gateway.transports import Answer, Dropped, NoAnswer, Question, Transport, Unreachable
from shared.errors import NotFound, Refusal
from shared.telemetry import current_traceparent, logger

_STILL_WORKS = {
    "booking": "Free times can still be looked up at /v1/availability. What was booked stays booked.",
    "calendar": "Bookings can still be read and paid. Free times cannot be looked up for the moment.",
    "payment": "Bookings and free times can still be read. A payment already made is not lost.",
    "notify": "Bookings and payments are not affected. Messages are sent later.",
}


class ServiceUnavailable(Refusal):
    """A service did not answer. Says what is known about the request and what still works."""

    status = 503

    def __init__(self, service: str, *, happened: str, retry_after: int = 2) -> None:
        super().__init__(
            "service_unavailable",
            f"The {service} service is not answering. {happened} {_STILL_WORKS.get(service, '')}".strip(),
            next_steps=[{"action": f"try again in {retry_after} seconds"}],
            service=service,
            retry_after=retry_after,
        )


class ServiceClient:
    """Asks one service. Any status that the service answers is an answer."""

    def __init__(self, service: str, transport: Transport, internal_key: str) -> None:
        self.service = service
        self._transport = transport
        self._internal_key = internal_key
        self._log = logger("gateway")

    async def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        json_body: Any = None,
        body: bytes = b"",
    ) -> Answer:
        """Ask, and ask once more when the connection broke and asking twice does no harm."""
        sent = dict(headers or {})
        if json_body is not None:
            body = json.dumps(json_body, separators=(",", ":")).encode()
            sent["content-type"] = "application/json"
        sent["x-internal-key"] = self._internal_key
        if current_traceparent():
            sent["traceparent"] = current_traceparent()
        question = Question(method, path, query or {}, sent, body)
        try:
            return self._checked(await self._ask(question))
        except NoAnswer as error:
            self._log.warning("no answer", peer=self.service, path=path, error=str(error))
            raise ServiceUnavailable(self.service, happened=_what_happened(question, error)) from error

    async def _ask(self, question: Question) -> Answer:
        try:
            return await self._transport.ask(question)
        except Dropped as error:
            if not isinstance(error, Unreachable) and not _harmless(question):
                raise
            return await self._transport.ask(question)

    def _checked(self, answer: Answer) -> Answer:
        # A proxy between us and the service refuses in its own words; a service always names a problem.
        if answer.status >= 400 and "problem+json" not in answer.content_type:
            raise NoAnswer(f"answered {answer.status} without a problem")
        if answer.status == 401 and answer.json().get("code") == "unauthorized":
            self._log.error("refuses our internal key", peer=self.service)
            raise Unreachable("refused the internal key")
        return answer

    async def read(self, path: str, *, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The JSON of a GET; a refusal of the service is raised as it is."""
        return content_of(await self.ask("GET", path, headers=headers))


def _harmless(question: Question) -> bool:
    return question.method == "GET" or "idempotency-key" in question.headers


def _what_happened(question: Question, error: NoAnswer) -> str:
    if isinstance(error, Unreachable) or question.method == "GET":
        return "Nothing was changed."
    if "idempotency-key" in question.headers:
        return "It may have arrived: send it again with the same Idempotency-Key, and it counts once."
    return "It may have arrived: look at the booking before you send it again."


def content_of(answer: Answer) -> dict[str, Any]:
    """The JSON object of an answer; raises the service's refusal as our own."""
    content = answer.json() if answer.body else {}
    if answer.ok:
        return dict(content)
    raise refusal_of(answer.status, content)


def refusal_of(status: int, problem: Mapping[str, Any]) -> Refusal:
    """The refusal that a problem describes, with everything it carries."""
    known = {"type", "title", "status", "code", "detail", "next", "trace_id"}
    kind = NotFound if status == 404 else Refusal
    return kind(
        str(problem.get("code", "refused")),
        str(problem.get("detail", "The request was refused.")),
        status=status,
        next_steps=list(problem.get("next", [])),
        **{name: value for name, value in problem.items() if name not in known},
    )


@dataclass(frozen=True, slots=True)
class Peers:
    """The four services that the gateway composes."""

    booking: ServiceClient
    payment: ServiceClient
    calendar: ServiceClient
    notify: ServiceClient

    def named(self, service: str) -> ServiceClient:
        """The client of a service by its name."""
        client: ServiceClient = getattr(self, service)
        return client

    @classmethod
    def over(cls, transports: Mapping[str, Transport], internal_key: str) -> "Peers":
        """Clients over the given transports, one for each service."""
        return cls(**{name: ServiceClient(name, transports[name], internal_key) for name in SERVICES})


SERVICES = ("booking", "payment", "calendar", "notify")
