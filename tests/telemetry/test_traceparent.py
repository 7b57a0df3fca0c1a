"""Contexts as text: read back as written, and ids that are the same wherever they are asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.telemetry import traceparent

IDS = st.tuples(st.integers(1, 2**128 - 1), st.integers(1, 2**64 - 1))
WORDS = st.text(max_size=20)


@given(IDS)
def test_a_context_is_read_back(ids: tuple[int, int]) -> None:
    """What was written is read as the same ids."""
    assert traceparent.read(traceparent.write(*ids)) == ids


@given(IDS, WORDS, WORDS)
def test_a_child_is_in_the_same_trace(ids: tuple[int, int], one: str, other: str) -> None:
    """A child has its parent's trace, an id of its own, and the same one each time."""
    parent = traceparent.write(*ids)
    child = traceparent.read(traceparent.child(parent, one))
    assert child is not None
    assert child[0] == ids[0]
    assert child[1] != ids[1]
    assert traceparent.child(parent, one) == traceparent.child(parent, one)
    assert (traceparent.child(parent, one) == traceparent.child(parent, other)) == (one == other)


@given(WORDS)
def test_a_root_is_a_context(word: str) -> None:
    """Without a parent there is a context too, named by the same words."""
    assert traceparent.read(traceparent.root(word)) is not None
    assert traceparent.root(word) == traceparent.root(word)


@pytest.mark.parametrize(
    "text",
    [
        None,
        7,
        b"00-0123456789abcdef0123456789abcdef-0123456789abcdef-01",
        "",
        "00-0123456789abcdef0123456789abcdef-0123456789abcdef",
        "00-00000000000000000000000000000000-0123456789abcdef-01",
        "00-0123456789abcdef0123456789abcdef-0000000000000000-01",
        "ff-0123456789abcdef0123456789abcdef-0123456789abcdef-01",
        "00-0123456789abcdef0123456789abcdeg-0123456789abcdef-01",
        "x" * 100_000,
    ],
    ids=lambda text: str(text)[:20],
)
def test_what_is_no_context_is_none(text: object) -> None:
    """Whatever anybody sends as a context: what is none is no parent, and no error."""
    assert traceparent.read(text) is None


@given(st.text())
def test_any_text_may_come(text: str) -> None:
    """No text is an error, and a child of it is a context."""
    traceparent.read(text)
    assert traceparent.read(traceparent.child(text, "x")) is not None


def test_a_later_version_is_read() -> None:
    """A context of a later version may have more at its end."""
    text = "cc-0123456789abcdef0123456789abcdef-0123456789abcdef-01-what-comes"
    assert traceparent.read(text) == (0x0123456789ABCDEF0123456789ABCDEF, 0x0123456789ABCDEF)
