"""What a service tells about itself: structured logs, metrics, trace context."""

import logging
import random
import re
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, cast

import structlog
from prometheus_client import Counter, Gauge, Histogram

_traceparent: ContextVar[str] = ContextVar("traceparent", default="")
_TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")

messages_handled = Counter("holdfast_messages_handled_total", "Messages handled", ["service", "type"])
messages_duplicate = Counter("holdfast_messages_duplicate_total", "Messages that came again", ["service"])
messages_parked = Counter("holdfast_messages_parked_total", "Messages put off after an outage", ["service"])
messages_dead = Counter("holdfast_messages_dead_total", "Messages that a person must look at", ["service"])
messages_sent = Counter("holdfast_messages_sent_total", "Messages handed to the bus", ["service"])
send_failures = Counter("holdfast_send_failures_total", "Attempts at the bus that failed", ["service"])
outbox_rows = Gauge("holdfast_outbox_rows", "Messages waiting for the bus", ["service"])
tasks_done = Counter("holdfast_tasks_done_total", "Tasks performed", ["service", "kind"])
tasks_failed = Counter("holdfast_tasks_failed_total", "Tasks put off", ["service", "kind"])
sagas_stuck = Counter("holdfast_sagas_stuck_total", "Sagas that called an operator", ["saga"])
sagas_ended = Counter("holdfast_sagas_ended_total", "Sagas by ending", ["saga", "ending"])
late_answers = Counter("holdfast_saga_late_answers_total", "Answers that came after their time", ["saga"])
http_seconds = Histogram("holdfast_http_seconds", "HTTP answers", ["service", "method", "status"])


def new_traceparent(rng: random.Random) -> str:
    """A fresh W3C trace context, sampled."""
    return f"00-{rng.getrandbits(128):032x}-{rng.getrandbits(64):016x}-01"


def valid_traceparent(value: object) -> str:
    """The value if it is a W3C trace context, else an empty string."""
    return value if isinstance(value, str) and _TRACEPARENT.fullmatch(value) else ""


def current_traceparent() -> str:
    """The trace context of what is being done now, or an empty string."""
    return _traceparent.get()


def trace_id() -> str:
    """The 32 hex digits that tie the logs of one cause together, or an empty string."""
    return _traceparent.get()[3:35]


@contextmanager
def tracing(traceparent: str) -> Iterator[None]:
    """Do something under a trace context."""
    token = _traceparent.set(traceparent)
    try:
        yield
    finally:
        _traceparent.reset(token)


def _with_trace(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if trace_id():
        event["trace_id"] = trace_id()
    return event


def configure_logging(*, json: bool, level: str = "INFO") -> None:
    """Send structured lines to standard error: JSON for machines, columns for people."""
    renderer = structlog.processors.JSONRenderer() if json else structlog.dev.ConsoleRenderer(colors=False)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _with_trace,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")


def logger(service: str) -> structlog.typing.FilteringBoundLogger:
    """The log of one service."""
    return cast(structlog.typing.FilteringBoundLogger, structlog.get_logger(service=service))
