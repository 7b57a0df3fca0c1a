"""Documents in and out of JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from shared.model.document import DocumentKey, key_of, parse_document, parse_request, to_json
from tests.model.samples import problems, sample

NO_DOCUMENT: dict[str, tuple[Any, str, str]] = {
    "null": (None, "$", "is null"),
    "list": ([], "$", "is a list"),
    "text": ("Hub", "$", "is the text 'Hub'"),
    "empty": ({}, "$.kind", "is required"),
    "unknown kind": ({"kind": "Hob"}, "$.kind", "'Hob' is not a kind"),
    "kind is no text": ({"kind": ["Hub"]}, "$.kind", "use Hub, Spoke or Cluster"),
    "no spec": ({k: v for k, v in sample("Hub").items() if k != "spec"}, "$.spec", "is required"),
    "spec is no object": (sample("Hub") | {"spec": 3}, "$.spec", "must be an object, but is the number 3"),
    "no apiVersion": ({k: v for k, v in sample("Hub").items() if k != "apiVersion"}, "$.apiVersion", "is required"),
    "another apiVersion": (sample("Hub") | {"apiVersion": "v2"}, "$.apiVersion", "spokewright/v1"),
    "no name": (sample("Hub") | {"metadata": {}}, "$.metadata.name", "is required"),
    "name": (sample("Hub") | {"metadata": {"name": "Weu_1"}}, "$.metadata.name", "lower-case"),
    "long name": (sample("Hub") | {"metadata": {"name": "w" * 41}}, "$.metadata.name", "at most 40"),
    "unknown member": (sample("Hub") | {"specs": {}}, "$.specs", "not a known field"),
}


@pytest.mark.parametrize("name", NO_DOCUMENT)
def test_what_is_no_document_is_one_problem(name: str) -> None:
    """What is not a document of ours is refused with the place and the reason."""
    document, path, words = NO_DOCUMENT[name]
    found = problems(document)
    assert list(found) == [path]
    assert words in found[path]


def test_every_problem_is_reported_at_once() -> None:
    """A document with several errors names each of them, below the prefix it was given."""
    wrong = sample("Cluster", tier="Gold", bogus=1, nodePools__0__count="3", network__plugin="kubenet")
    assert sorted(problems(wrong, "$.documents[1]")) == [
        "$.documents[1].spec.bogus",
        "$.documents[1].spec.network.plugin",
        "$.documents[1].spec.nodePools[0].count",
        "$.documents[1].spec.tier",
    ]


def nested(depth: int) -> Any:
    """Return objects in objects."""
    value: Any = "x"
    for _ in range(depth):
        value = {"a": value}
    return value


ODD: dict[str, tuple[dict[str, Any], str, str]] = {
    "huge text": ({"location": "x" * 100_000}, "$.spec.location", "at most 60"),
    "huge number": ({"spokePrefixLength": 10**400}, "$.spec.spokePrefixLength", "but is 1000"),
    "huge number for text": ({"location": 10**400}, "$.spec.location", "must be text"),
    "huge field name": ({"x" * 100_000: 1}, f"$.spec['{'x' * 99}…']", "not a known field"),
    "no number": ({"spokePrefixLength": float("nan")}, "$.spec.spokePrefixLength", "whole number"),
    "half a character": ({"location": "\ud800"}, "$", "broken character"),
    "deep nesting": ({"tags": nested(300)}, "$", "nested too deeply"),
    "field name that looks like pydantic's": ({"tags": {"[key]": 3}}, "$.spec.tags['[key]']", "must be text"),
}


@pytest.mark.parametrize("name", ODD)
def test_odd_values_make_short_clear_problems(name: str) -> None:
    """Whatever is wrong, and however large it is, the problem is one short message at a path."""
    changes, path, words = ODD[name]
    document = sample("Hub")
    document["spec"] |= changes
    found = problems(document)
    assert list(found) == [path]
    assert words in found[path]
    assert len(found[path]) < 300


def test_a_flood_of_problems_is_cut() -> None:
    """A document with thousands of errors gets the first hundred named, and how many more there are."""
    document = sample("Hub")
    document["spec"] |= {f"field{number}": 1 for number in range(5000)}
    found = problems(document)
    assert len(found) == 101
    assert found["$"] == "has 4900 more problems; correct these first"


@pytest.mark.parametrize("kind", ["Hub", "Spoke", "Cluster"])
def test_json_shows_every_default_and_parses_back_equal(kind: str) -> None:
    """The stored form names every field, in one order, and reading it gives the same document."""
    document = parse_document(sample(kind))
    stored = to_json(document)
    assert list(stored) == ["apiVersion", "kind", "metadata", "spec", "status"]
    assert set(stored["spec"]) == {field.alias for field in type(document.spec).model_fields.values()}
    again = parse_document(json.loads(json.dumps(stored)))
    assert again == document
    assert json.dumps(to_json(again)) == json.dumps(stored)


def test_the_derived_subnets_of_a_hub_are_shown() -> None:
    """A hub's subnets stand in the stored document in the platform's sizes, though nobody wrote them."""
    assert to_json(parse_document(sample("Hub")))["spec"]["subnets"] == {
        "firewall": "10.0.0.0/26",
        "firewallManagement": "10.0.0.192/26",
        "bastion": "10.0.0.128/26",
        "jumpServer": "10.0.0.64/27",
        "dnsForwarder": "10.0.1.0/28",
        "dnsInbound": "10.0.0.96/28",
        "dnsOutbound": "10.0.0.112/28",
    }


@pytest.mark.parametrize(
    "changes",
    [{"bastion__enabled": True}, {"firewall__sku": "Basic"}, {"jumpServer": None}],
    ids=["Bastion on", "Basic firewall", "no jump server"],
)
def test_switching_parts_of_a_hub_moves_no_subnet(changes: dict[str, Any]) -> None:
    """Derived prefixes do not depend on what is switched on: a used subnet cannot be moved in Azure."""
    before, after = parse_document(sample("Hub")), parse_document(sample("Hub", **changes))
    assert to_json(before)["spec"]["subnets"] == to_json(after)["spec"]["subnets"]


def test_the_dns_address_follows_the_service_range() -> None:
    """The cluster's DNS address is the tenth of its service range unless it is given."""
    spec = to_json(parse_document(sample("Cluster", network__serviceCidr="172.20.0.0/20")))["spec"]
    assert spec["network"]["dnsServiceIp"] == "172.20.0.10"


def test_a_requester_cannot_write_what_is_ours() -> None:
    """Status, generation, order and the rest of metadata in a request are ignored."""
    request = sample("Hub") | {"status": {"observedGeneration": "no number"}}
    request["metadata"] |= {
        "generation": 7,
        "origin": "event",
        "order": "z",
        "deletionRequested": "2026-01-01T00:00:00Z",
    }
    document = parse_request(request)
    assert document == parse_document(sample("Hub"))


def test_a_request_with_unknown_metadata_is_refused() -> None:
    """Only members we know are ignored in a request; a misspelt one is an error."""
    request = sample("Hub")
    request["metadata"]["nmae"] = "weu"
    with pytest.raises(Exception, match=r"metadata\.nmae: is not a known field"):
        parse_request(request)


def test_a_status_of_a_newer_version_is_readable() -> None:
    """Unknown members of a stored status are kept: an older version can read what a newer one wrote."""
    document = sample("Hub") | {"status": {"novelty": 1}}
    assert to_json(parse_document(document))["status"]["novelty"] == 1


def test_the_key_of_a_document() -> None:
    """A key reads `Hub/weu`, parses back, and names the document's orchestration."""
    key = parse_document(sample("Hub")).key
    assert str(key) == "Hub/weu"
    assert key.instance_id == "hub.weu"
    assert DocumentKey.parse("Hub/weu") == key == key_of(sample("Hub"))


@pytest.mark.parametrize("text", ["", "weu", "Hub/", "Hob/weu", "hub/weu"])
def test_what_is_no_key_is_refused(text: str) -> None:
    """A text that is not kind/name is no key."""
    with pytest.raises(ValueError, match="key such as Hub/weu"):
        DocumentKey.parse(text)


def test_importing_the_model_loads_pydantic_only() -> None:
    """The model costs a cold start nothing but pydantic: no YAML, no Azure client."""
    code = (
        "import sys, shared.model.document, shared.model.relations, shared.model.naming, shared.plan.addressing;"
        "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert "pydantic" in loaded
    assert not {"yaml", "azure", "aiohttp", "requests", "hypothesis"} & set(loaded)
