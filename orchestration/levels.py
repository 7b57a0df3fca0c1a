"""How much there is of what has a level: documents by readiness, drift, Azure's limits, the age of the last sweep.

From what is stored, without a call to Azure; the timer takes them each minute. Pure but for the recording.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from shared.model import conditions
from shared.model.envelope import KINDS
from shared.model.overview import overview
from shared.model.summary import condition
from shared.telemetry import meter, names

if TYPE_CHECKING:
    from shared.telemetry.names import Metric

Json = dict[str, Any]

READY = ("True", "False", "Unknown")

LIMITS = (
    ("peerings", names.HUB_PEERINGS, "hub"),
    ("links", names.HUB_LINKS, "hub"),
    ("routes", names.SPOKE_ROUTES, "spoke"),
)
"""What Azure limits, as the overview knows it: of which document, and the metric with the number."""


def record(documents: Sequence[Json], swept: datetime | None, now: datetime) -> None:
    """Say how everything is now."""
    ready = Counter((document["kind"], condition(document, conditions.READY)["status"]) for document in documents)
    drifted = Counter(one["kind"] for one in documents if condition(one, conditions.DRIFTED)["status"] == "True")
    for kind in KINDS:  # Also where there are none: a level that is not told stays as it was.
        for status in READY:
            meter.record(names.DOCUMENTS, ready[kind, status], kind=kind, ready=status)
        meter.record(names.DRIFTED, drifted[kind], kind=kind)
    for metric, value, by in used(documents):
        meter.record(metric, value, **by)
    if swept is not None:
        meter.record(names.SWEEP_AGE, max(0.0, (now - swept).total_seconds()))


def used(documents: Iterable[Json]) -> Iterator[tuple[Metric, float, dict[str, str]]]:
    """Yield what is used of each limit: the number, and its share."""
    for shown in _shown(overview(documents, ())):
        for limit, metric, by in LIMITS:
            gauge = shown["capacity"].get(limit) or {}
            if gauge.get("used") is not None:
                yield metric, gauge["used"], {by: shown["name"]}
                document = f"{shown['kind']}/{shown['name']}"
                yield names.CAPACITY, gauge["used"] / gauge["limit"], {"document": document, "limit": limit}


def _shown(overview_: Json) -> Iterator[Json]:
    """Yield the hubs and spokes of an overview."""
    for hub in overview_["hubs"]:
        yield hub
        yield from hub["spokes"]
    yield from (one for one in overview_["orphans"] if one["kind"] == "Spoke")
