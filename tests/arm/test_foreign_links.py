"""Whatever a link of Azure's looks like: what we take for the endpoint is what the transport would connect to."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from yarl import URL

from shared.arm.settings import ArmSettings

SETTINGS = ArmSettings()
PARTS = (
    "https://", "http://", "HTTPS://", "//", "management.azure.com", "evil.example", "@", "\\", "/", "?", "#", ":",
    "443", ":443", ":444", "%40", "%2f", "%5c", "\t", "\n", " ", "\x00", ".", "..", ";", "[", "]", "::1",
    "\u3002", "\uff0f", "\u2044", "\u24d4",
)  # fmt: skip


@example(["https://", "management.azure.com", "@", "evil.example"])
@example(["https://", "management.azure.com", "\\", "@", "evil.example"])
@example(["https://", "evil.example", "\\", "@", "management.azure.com"])
@example(["https://", "management.azure.com", ":", "@", "evil.example", ":443"])
@given(st.lists(st.sampled_from(PARTS), min_size=1, max_size=8))
def test_both_parsers_see_one_host(parts: list[str]) -> None:
    """A URL that would get our token leads to Azure's endpoint for the client too, and to nobody else."""
    url = "".join(parts)
    try:
        ours = SETTINGS.serves(url)
        theirs = URL(url)
        seen = (theirs.scheme, (theirs.host or "").lower(), theirs.port)
    except ValueError:
        return  # One of them refuses to read it: no request is sent.
    if ours:
        assert seen == ("https", "management.azure.com", 443)
