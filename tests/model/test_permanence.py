"""What places or names a thing in Azure cannot be changed in its document."""

from __future__ import annotations

from typing import Any

import pytest

from shared.model import permanence
from tests.model.samples import ATTACHED, MANAGED_CLUSTER, NETWORK, parsed

CHANGES: dict[str, tuple[str, dict[str, Any], dict[str, Any], list[str]]] = {
    "another cluster": (
        "Cluster", ATTACHED, ATTACHED | {"managedClusterId": f"{MANAGED_CLUSTER}-2"}, ["$.spec.managedClusterId"]),
    "the same cluster, spelled otherwise": (
        "Cluster", ATTACHED,
        ATTACHED | {"managedClusterId": MANAGED_CLUSTER.replace("resourceGroups", "resourcegroups")}, []),
    "another spoke": ("Cluster", ATTACHED, ATTACHED | {"spoke": "other"}, ["$.spec.spoke"]),
    "an adopted network": (
        "Spoke", {}, {"addressSpace": [], "virtualNetworkId": NETWORK}, ["$.spec.virtualNetworkId"]),
    "a cluster that is handed over": ("Cluster", {}, {"policy": "Attach"}, []),
    "what to do about drift": ("Cluster", ATTACHED, ATTACHED | {"drift": "report"}, []),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_a_fixed_field_keeps_its_value(name: str) -> None:
    """A change of what stands in Azure is refused at its path; any other change is not."""
    kind, before, after, paths = CHANGES[name]
    found = permanence.check(parsed(kind, **after), parsed(kind, **before))
    assert [problem.path for problem in found] == paths
