"""Levels: documents by readiness, drift, what is used of Azure's limits, the age of the last sweep."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from orchestration import levels
from shared.telemetry import names
from tests.telemetry.conftest import NOW

if TYPE_CHECKING:
    from tests.telemetry.conftest import Kept


def document(kind: str, name: str, spec: dict[str, Any], outputs: dict[str, Any], **conditions: str) -> dict[str, Any]:
    """Return a document as it is stored."""
    said = [{"type": type_, "status": status, "reason": "", "message": ""} for type_, status in conditions.items()]
    return {
        "kind": kind,
        "metadata": {"name": name, "generation": 1},
        "spec": spec,
        "status": {"observedGeneration": 1, "outputs": outputs, "conditions": said},
    }


HUB = {"location": "westeurope", "addressSpace": ["10.0.0.0/22"]}
FULL = document("Hub", "full", HUB, {"peerings": 450, "zoneLinks": 1000}, Ready="True", Drifted="True")
NEW = document("Hub", "new", HUB, {}, Ready="False")
SPOKE = document("Spoke", "lost", {"hub": "gone"}, {"routes": 100}, Ready="Unknown", Drifted="False")


def test_levels(kept: Kept) -> None:
    """Each document is counted once; a limit of which nothing is known is not told, one of an orphan is."""
    levels.record([FULL, NEW, SPOKE], NOW - timedelta(minutes=20), NOW)
    told = kept.measured
    ready = {by: value for (name, by), value in told.items() if name == names.DOCUMENTS.name and value}
    assert ready == {
        (("kind", "Hub"), ("ready", "True")): 1,
        (("kind", "Hub"), ("ready", "False")): 1,
        (("kind", "Spoke"), ("ready", "Unknown")): 1,
    }
    assert told[names.DRIFTED.name, (("kind", "Hub"),)] == 1
    assert told[names.DRIFTED.name, (("kind", "Cluster"),)] == 0
    assert told[names.SWEEP_AGE.name, ()] == 1200
    shares = {by: value for (name, by), value in told.items() if name == names.CAPACITY.name}
    assert shares == {
        (("document", "Hub/full"), ("limit", "peerings")): 0.9,
        (("document", "Hub/full"), ("limit", "links")): 1.0,
        (("document", "Spoke/lost"), ("limit", "routes")): 0.25,
    }
    assert told[names.HUB_PEERINGS.name, (("hub", "full"),)] == 450
    assert (names.HUB_PEERINGS.name, (("hub", "new"),)) not in told


def test_what_is_gone_is_told_as_nothing(kept: Kept) -> None:
    """With no documents left each kind is told as none, and a sweep that never was has no age."""
    levels.record([], None, NOW)
    documents = [value for (name, _), value in kept.measured.items() if name == names.DOCUMENTS.name]
    assert documents == [0] * 9
    assert names.SWEEP_AGE.name not in {name for name, _ in kept.measured}
