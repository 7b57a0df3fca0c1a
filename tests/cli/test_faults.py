"""What is found wrong offline is what the API finds, in its words."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.faults import faults_of
from shared.model.document import parse_request
from shared.model.errors import Invalid

EXAMPLES = Path(__file__).parents[2] / "examples"
GONE = object()
LONG = "x" * 600

WRONG: list[tuple[str, str, Any]] = [
    ("cluster", "spec/colour", 1),
    ("cluster", "spec/cost centre", 1),
    ("cluster", f"spec/{LONG}", 1),
    ("cluster", "spec/spoke", GONE),
    ("cluster", "spec/spoke", "Payments"),
    ("cluster", "spec/spoke", "p" * 41),
    ("cluster", "spec/spoke", 7),
    ("cluster", "spec/kubernetesVersion", 1.33),
    ("cluster", "spec/kubernetesVersion", "1"),
    ("cluster", "spec/managedClusterId", "/x"),
    ("cluster", "spec/nodePools", []),
    ("cluster", "spec/nodePools", "x"),
    ("cluster", "spec/nodePools/0/count", -1),
    ("cluster", "spec/nodePools/0/count", 5000),
    ("cluster", "spec/nodePools/0/count", 3.0),
    ("cluster", "spec/nodePools/0/count", True),
    ("cluster", "spec/nodePools/0/mode", "system"),
    ("cluster", "spec/nodePools/0/zones", ["4"]),
    ("cluster", "spec/nodePools/0/zones", [4]),
    ("cluster", "spec/nodePools/0/taints", ["x"]),
    ("cluster", "spec/network", None),
    ("cluster", "spec/network", []),
    ("cluster", "spec/network/podCidr", "10.0.0.0"),
    ("cluster", "spec/network/podCidr", 12),
    ("cluster", "spec/network/plugin", "x"),
    ("cluster", "spec/tier", "Gold"),
    ("cluster", "spec/tags", ["a"]),
    ("cluster", "spec/tags", {"cost centre": LONG}),
    ("cluster", "spec/tags", {"a": 1}),
    ("cluster", "spec/tags", {LONG: "1"}),
    ("cluster", "spec/disableRunCommand", "yes"),
    ("cluster", "spec", None),
    ("cluster", "metadata", GONE),
    ("cluster", "metadata/name", GONE),
    ("cluster", "metadata/labels", {}),
    ("cluster", "kind", "Klaster"),
    ("cluster", "kind", "cluster"),
    ("cluster", "kind", ["Cluster"]),
    ("cluster", "kind", GONE),
    ("cluster", "apiVersion", "v1"),
    ("hub", "spec/addressSpace", []),
    ("hub", "spec/addressSpace", ["10.0.0.0/22", 4]),
    ("hub", "spec/firewall/sku", None),
    ("hub", "spec/firewall/networkRules", [{"name": "a", "destinations": ["?"], "ports": [443]}]),
    ("hub", "spec/firewall/applicationRules/0/fqdns", ["*.x.y", "a b"]),
    ("hub", "spec/jumpServer", {"size": "1"}),
    ("hub", "spec/jumpServer/sshPublicKey", "ssh-rsa"),
    ("hub", "spec/spokePool", "x"),
    ("hub", "spec/dns/customServers", ["1.2.3"]),
    ("hub", "spec/location", "West Europe"),
    ("hub", "spec/resourceGroup", "rg."),
    ("hub", "spec/subscriptionId", "1"),
    ("hub", "spec/onboarding/approvalHours", 0),
    ("hub", "spec/onboarding/rules", [{"action": "maybe"}]),
    ("spoke", "spec/subnets/0", {}),
    ("spoke", "spec/virtualNetworkId", "/x"),
    ("spoke", "spec/networkSecurityGroup", {"rules": [{"name": "a b", "priority": 1, "access": "No", "ports": []}]}),
]
FINE: list[tuple[str, str, Any]] = [
    ("cluster", "status", {"anything": 1}),
    ("cluster", "metadata/generation", 9),
    ("cluster", "spec/nodePools/0/zones", [1, "2"]),
    ("cluster", "spec/resourceGroup", None),
    ("hub", "spec/spokePool", None),
]
UNSEEN: list[tuple[str, str, Any]] = [
    ("hub", "spec/addressSpace", ["10.0.0.1/22"]),
    ("hub", "spec/spokePool", "10.0.0.0/8"),
    ("cluster", "spec/nodePools", GONE),
]
"""What no schema can tell; `diff` asks the API."""


def changed(name: str, path: str, value: Any) -> dict[str, Any]:
    """Return an example with one value changed, or taken out."""
    document: dict[str, Any] = copy.deepcopy(yaml.safe_load((EXAMPLES / f"{name}.yaml").read_text(encoding="utf-8")))
    *steps, last = path.split("/")
    inner: Any = document
    for step in steps:
        inner = inner[int(step) if step.isdigit() else step]
    if value is GONE:
        del inner[last]
    else:
        inner[int(last) if last.isdigit() else last] = value
    return document


def told_by_the_api(document: dict[str, Any]) -> set[tuple[str, str]]:
    """Return what the app itself finds wrong."""
    try:
        parse_request(document)
    except Invalid as error:
        return {(problem.path, problem.message) for problem in error.problems}
    return set()


def name_of(value: Any) -> str:
    """Return a short name for a test."""
    return "" if value is GONE else str(value)[:30]


@pytest.mark.parametrize(("name", "path", "value"), WRONG, ids=name_of)
def test_faults_are_those_of_the_api(name: str, path: str, value: Any) -> None:
    """The same faults, at the same paths, in the same words, each once."""
    document = changed(name, path, value)
    found = faults_of(document)
    assert found
    assert set(found) == told_by_the_api(document)
    assert len(found) == len(set(found))


@pytest.mark.parametrize(("name", "path", "value"), FINE, ids=name_of)
def test_what_the_api_takes_is_fine(name: str, path: str, value: Any) -> None:
    """What the app writes itself counts as little as for the API; zones may be numbers."""
    document = changed(name, path, value)
    assert (faults_of(document), told_by_the_api(document)) == ([], set())


@pytest.mark.parametrize(("name", "path", "value"), UNSEEN, ids=name_of)
def test_what_only_the_api_can_tell_is_left_to_it(name: str, path: str, value: Any) -> None:
    """A rule between fields is no fault offline; help says so."""
    document = changed(name, path, value)
    assert faults_of(document) == []
    assert told_by_the_api(document) != set()


def test_all_faults_are_found_at_once() -> None:
    """A document with several faults has them all said."""
    document = changed("cluster", "spec/nodePools", [{"name": "A", "size": "s", "count": "3"}, {}])
    document["metadata"]["name"] = "A_B"
    found = faults_of(document)
    assert {path for path, _ in found} == {
        "$.metadata.name",
        "$.spec.nodePools[0].name",
        "$.spec.nodePools[0].count",
        "$.spec.nodePools[1].name",
        "$.spec.nodePools[1].size",
        "$.spec.nodePools[1].count",
    }
    assert set(found) == told_by_the_api(document)
