"""What fault rules do to one request and to the events that it sends."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local.simulator.resource import Json

_COPY_LATER = 1.0


@dataclass(slots=True)
class Harm:
    """What the rules that match a request do to it."""

    answer: Json | None = None
    fail: Json | None = None
    answer_delay: float = 0.0
    operation_delay: float = 0.0
    events: list[Json] = field(default_factory=list)


def pauses(event_id: str, harm: Sequence[Json]) -> list[float]:
    """Tell after which extra seconds an event is sent: none if it is dropped, two if it is doubled.

    Rules compose, in any order: each copy is held back by every `delay`, and by chance for up to the `seconds` of every
    `reorder`, so that later events overtake it. The chance is the same in every run.
    """
    if any(rule["what"] == "drop" for rule in harm):
        return []
    copies = [0.0]
    for _ in (rule for rule in harm if rule["what"] == "double"):
        copies += [pause + _COPY_LATER for pause in copies]
    chance = Random(event_id)  # noqa: S311 - reproducible on purpose
    for rule in harm:
        if rule["what"] == "delay":
            copies = [pause + rule["seconds"] for pause in copies]
        elif rule["what"] == "reorder":
            copies = [pause + chance.uniform(0, rule["seconds"]) for pause in copies]
    return copies
