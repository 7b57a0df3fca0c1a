"""The resolution as it is answered: one item per cluster, with the row of each consumer, filtered."""

from __future__ import annotations

from typing import Any

import pytest

from shared.model.summary import resolution
from tests.model.samples import sample
from tests.model.test_overview import stored

Json = dict[str, Any]

TIME = "2026-11-26T18:22:31+00:00"


def row(consumer: str, resolves: str = "True", **more: Any) -> Json:
    """Return a consumer's row as it is stored."""
    seen: Json = {
        "consumer": consumer,
        "network": None,
        "machine": "vm-jump-weu",
        "servers": [],
        "resolves": resolves,
        "answers": "Unknown",
        "reason": "Resolves",
        "message": "it resolves",
        "addresses": ["10.64.0.4"],
        "checked": TIME,
        "output": "Name: api",
    }
    return seen | more


ROWS = [row("hub", answers="True"), row("dns/10.0.1.4"), row("spoke/search", "False")]
PROOF: Json = {"addresses": ["10.64.0.4"], "endpointAddress": "10.64.0.4", "output": "Name: api", "time": TIME}
SEEN = stored("Cluster", outputs={"privateFqdn": "api.example", "verification": PROOF | {"consumers": ROWS}})
OLD = stored("Cluster", "older", outputs={"verification": PROOF, "endpointAddress": "10.64.0.9"})
FAILED = stored("Cluster", "failed", outputs={"verification": {"error": {}}, "endpointAddress": "10.64.0.9"})
NEW = stored("Cluster", "new")
ALL = [stored("Spoke"), SEEN, OLD, FAILED, NEW, sample("Cluster", "lonely", spoke="nowhere")]


def items(**asked: str) -> dict[str, Json]:
    """Return the items by their cluster."""
    return {item["cluster"]: item for item in resolution(ALL, **asked)["items"]}


def test_each_cluster_has_the_rows_of_its_consumers() -> None:
    """As they are stored; not once more in the evidence."""
    item = items()["payments-prod"]
    assert (item["consumers"], item["endpointAddress"], item["evidence"]) == (ROWS, "10.64.0.4", PROOF)
    assert (item["hub"], item["from"]) == ("weu", "jump server of hub weu")


EMPTY = {"older": "10.64.0.4", "failed": "10.64.0.9", "new": None, "lonely": None}


@pytest.mark.parametrize(("name", "address"), EMPTY.items(), ids=EMPTY)
def test_where_nobody_was_asked_there_are_no_rows(name: str, address: str | None) -> None:
    """Of documents from before there were rows, of checks that could not be run, and of new ones."""
    item = items()[name]
    assert (item["consumers"], item["endpointAddress"]) == ([], address)
    assert item["evidence"] == {"older": PROOF, "failed": {"error": {}}}.get(name)
    assert item["hub"] == (None if name == "lonely" else "weu")


FILTERS: dict[str, tuple[dict[str, str], dict[str, list[str]]]] = {
    "a cluster": ({"cluster": "older"}, {"older": []}),
    "a consumer": ({"consumer": "dns/10.0.1.4"}, {"payments-prod": ["dns/10.0.1.4"]}),
    "both": ({"cluster": "payments-prod", "consumer": "hub"}, {"payments-prod": ["hub"]}),
    "a consumer of another": ({"cluster": "older", "consumer": "hub"}, {}),
    "nobody": ({"cluster": "nix"}, {}),
}


@pytest.mark.parametrize("name", FILTERS)
def test_it_is_filtered_by_cluster_and_consumer(name: str) -> None:
    """All filters that are given count; of a consumer the clusters that it has to resolve, with its row alone."""
    asked, found = FILTERS[name]
    shown = items(**asked)
    assert {cluster: [one["consumer"] for one in item["consumers"]] for cluster, item in shown.items()} == found
