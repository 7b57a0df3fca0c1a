"""No text of a document gets out of its place: what may be any text is listed here, with where it goes."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from shared.model.document import parse_request
from shared.model.errors import Invalid
from tests.model.samples import sample

ROOT = Path(__file__).parents[2]
Json = dict[str, Any]
Place = tuple[str | int, ...]

PAYLOADS = (
    "$(reboot)",
    "`reboot`",
    "x;reboot",
    "x\nruncmd: [reboot]",
    "x\r\nHost: evil.example",
    "x'; reboot; '",
    'x" }; include "/etc/shadow',
    "' | project id",
    "../..",
    "/../../",
    "%2e%2e",
    "x?api-version=1",
    "x\x1b[2J",
    "x\x00y",
    "{{x}}",
    "${x}",
    "-o ProxyCommand=x",
    "<script>",
)
"""For a shell, cloud-init, HTTP, PowerShell, BIND, KQL, a path, a URL, a terminal, templates, an option, a page."""

ANY_TEXT = {
    "spec.tags.*": "values of tags: JSON to Azure, text on the page; control characters are refused",
    "spec.onboarding.tag": "compared with the names of tags that Azure lists",
    "spec.onboarding.rules.*.tags.*": "compared with the values of tags that Azure lists",
    "spec.onboarding.rules.*.requesters.*": "compared with the author in an event",
    "spec.onboarding.rules.*.resourceGroups.*": "compared with the group in an id",
}
"""What may hold a payload, and why that does no harm: it reaches no script, no query, no path and no configuration."""

CONTROLS = {"spec.onboarding.rules.*.requesters.*", "spec.onboarding.rules.*.resourceGroups.*"}


def documents() -> Iterator[Json]:
    """Yield every document of the examples, and one of each kind with much in it."""
    for path in sorted((ROOT / "examples").glob("*.yaml")):
        yield from yaml.safe_load_all(path.read_text(encoding="utf-8"))
    yield from map(sample, ("Hub", "Spoke", "Cluster"))


def texts(value: Any, place: Place = ()) -> Iterator[Place]:
    """Yield where the texts of a document stand."""
    if isinstance(value, str):
        yield place
    elif isinstance(value, dict | list):
        for step, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from texts(item, (*place, step))


def kind_of_place(place: Place) -> str:
    """Return a place without its numbers, and without the names that people choose."""
    steps = ["*" if isinstance(step, int) else step for step in place]
    steps = ["*" if index and steps[index - 1] == "tags" else step for index, step in enumerate(steps)]
    return ".".join(steps)


def changed(document: Json, place: Place, text: str) -> Json:
    """Return a document with another text at a place."""
    other: Any = copy.deepcopy(document)
    inner = other
    for step in place[:-1]:
        inner = inner[step]
    inner[place[-1]] = text
    return dict(other)


CASES = [(document, place) for document in documents() for place in texts(document)]


@pytest.mark.parametrize("payload", PAYLOADS, ids=ascii)
def test_only_what_is_listed_may_be_any_text(payload: str) -> None:
    """In every text of every example: a payload is refused at its place, or the place is listed."""
    assert len(CASES) > 300
    for document, place in CASES:
        kind = kind_of_place(place)
        try:
            parse_request(changed(document, place, payload))
        except Invalid:
            continue
        assert kind in ANY_TEXT, f"{kind} takes {payload!r}"
        assert payload.isprintable() or kind in CONTROLS, f"{kind} takes {payload!r}"


def test_the_list_is_not_longer_than_it_has_to_be() -> None:
    """What is listed does take a payload, so that nothing stands there for nothing."""
    taken = set()
    for document, place in CASES:
        try:
            parse_request(changed(document, place, "$(reboot)"))
        except Invalid:
            continue
        taken.add(kind_of_place(place))
    assert taken == set(ANY_TEXT)
