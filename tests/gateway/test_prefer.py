"""The Prefer header of RFC 7240, as callers really send it."""

import pytest

from services.gateway.prefer import Patience, patience_of


@pytest.mark.parametrize(
    ("said", "understood"),
    [
        (None, Patience(10, None)),
        ("", Patience(10, None)),
        ("wait=5", Patience(5, "wait=5")),
        ("Wait = 5", Patience(5, "wait=5")),
        ('wait="5"', Patience(5, "wait=5")),
        ("wait=0", Patience(0, "wait=0")),
        ("wait=900", Patience(30, "wait=30")),
        ("respond-async", Patience(0, "respond-async")),
        ("respond-async, wait=5", Patience(0, "respond-async")),
        ("return=minimal, wait=5; foo=bar", Patience(5, "wait=5")),
        ("wait=soon", Patience(10, None)),
        ("wait=-1", Patience(10, None)),
    ],
)
def test_a_wish_is_honoured_up_to_the_longest_wait(said: str | None, understood: Patience) -> None:
    assert patience_of(said, usual=10, longest=30) == understood
