"""Row keys: every text survives, and the order of prefixes holds."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from shared.store.keys import LONGEST, bounds, escape, unescape

TEXT = st.text(min_size=1, max_size=40)


@given(TEXT)
def test_round_trip(key: str) -> None:
    """Unescaping gives back what was escaped, and the escaped form has no character that Table Storage forbids."""
    escaped = escape(key)
    assert unescape(escaped) == key
    assert not set(escaped) & set("/\\#?'%+ ")
    assert escaped.isascii()
    assert escaped.isprintable()


@given(TEXT, TEXT)
def test_bounds(prefix: str, other: str) -> None:
    """A key is within the bounds of a prefix exactly if it begins with it."""
    assume(len(escape(prefix)) + len(escape(other)) <= LONGEST)
    low, high = bounds(prefix)
    assert low <= escape(prefix + other) < high
    assert (low <= escape(other) < high) == other.startswith(prefix)
