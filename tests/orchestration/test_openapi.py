"""The API's description: it has every view, only those, and what it says of each is complete."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from docs.generate import openapi
from orchestration.api import answers, resolving
from orchestration.api.operations import OPERATIONS
from orchestration.api.overview import Overview
from orchestration.app import VIEWS
from orchestration.triggers import http, lists
from orchestration.triggers.description import get_openapi
from shared.model import overview, summary
from shared.plan.dns.view import view
from tests.docs.pages import read
from tests.model import samples, test_summary
from tests.model.samples import sample
from tests.model.test_overview import CLUSTER, HUB, SPOKE, condition, stored
from tests.orchestration.test_http import Api, api

if TYPE_CHECKING:
    from shared.model.part import Part

__all__ = ["api"]

Json = dict[str, Any]

DESCRIPTION: Json = json.loads(openapi())


def operations() -> Iterator[tuple[str, str, Json]]:
    """Yield path, method and description of every operation."""
    for path, told in DESCRIPTION["paths"].items():
        for method, operation in told.items():
            if method != "parameters":
                yield path, method, operation


def operation(id_: str) -> Json:
    """Return one operation."""
    return next(told for _, _, told in operations() if told["operationId"] == id_)


def test_the_file_is_current() -> None:
    """What stands in docs is what `python -m docs.generate` would write."""
    assert read("docs/openapi.json") == openapi()


async def test_what_is_served_is_what_stands_in_docs(api: Api) -> None:
    """Whoever asks gets the same description, and 304 when they have it."""
    status, served, headers = await api.call(get_openapi)
    assert (status, served) == (200, DESCRIPTION)
    assert (await api.call(get_openapi, headers={"If-None-Match": headers["ETag"]}))[0] == 304


def test_every_view_is_described_and_no_other() -> None:
    """A view that comes without its description, or goes and leaves it, is found."""
    assert OPERATIONS.keys() == {(view.name, method) for view in VIEWS for method in view.methods}


IDS = """
getHub putHub deleteHub planHub previewHub getHubHistory decideAboutHub getHubAudit retryHub getHubDns
getSpoke putSpoke deleteSpoke planSpoke previewSpoke getSpokeHistory decideAboutSpoke getSpokeAudit retrySpoke
getCluster putCluster deleteCluster planCluster previewCluster getClusterHistory decideAboutCluster getClusterAudit
retryCluster listHubs listSpokes listClusters getOverview getTopology getResolution sweep listEvents postEvents
getAudit consentToEvents getBackup restore getHealth getOpenApi getPage getPageFile
"""


def test_the_names_of_operations_stay() -> None:
    """Generated clients are made of these: one may come, none may go or change; none is there twice."""
    found = [told["operationId"] for _, _, told in operations()]
    assert sorted(found) == sorted(IDS.split())


def test_every_reference_leads_somewhere() -> None:
    """Whatever is named in the description stands among its components."""

    def references(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            yield from [value["$ref"]] if isinstance(value.get("$ref"), str) else ()
            for item in value.values():
                yield from references(item)
        elif isinstance(value, list):
            for item in value:
                yield from references(item)

    for reference in set(references(DESCRIPTION)):
        _, components, kind, name = reference.split("/")
        assert name in DESCRIPTION[components][kind]


@pytest.mark.parametrize(("path", "method", "told"), tuple(operations()), ids=lambda part: str(part)[:40])
def test_every_answer_is_described(path: str, method: str, told: Json) -> None:
    """401 unless it is anonymous; errors are problem documents; what can be busy says when to try again."""
    responses = told["responses"]
    assert ("401" in responses) is ("403" in responses) is ("security" not in told)
    for status, answer in responses.items():
        media = set(answer.get("content", {}))
        if int(status) >= 400 and media:
            assert media == {"application/problem+json"}, (path, method, status)
        if status in ("503", "409"):
            assert "Retry-After" in answer["headers"]
        if status == "202" and path.count("/") > 2:
            assert {"Location", "Preference-Applied"} <= answer["headers"].keys()
        if status == "304":
            assert not media
            assert "ETag" in responses["200"]["headers"]


def named(value: Any) -> Any:
    """Return the names of members all the way down, without what they hold; nulls of members that may be absent."""
    if isinstance(value, dict):
        return {name: named(item) for name, item in value.items() if item is not None}
    return [named(item) for item in value] if isinstance(value, list | tuple) else ""


APPROVAL = {"state": "asked", "hub": "weu", "addressSpace": ["10.9.0.0/24"]}
STORED = [
    HUB,
    SPOKE,
    CLUSTER,
    stored("Spoke", "asks", approval=APPROVAL, conditions=[condition("Approved", "False", "rule 1 asks")]),
    sample("Cluster", "lonely", spoke="nowhere"),
]
EVENT = {"id": "1", "type": "t", "subject": "s", "time": "2026-01-01T00:00:00Z", "data": {}}
VIEWED: dict[str, tuple[type[Part], Json]] = {
    "overview": (Overview, {"generatedAt": "2026-01-01T00:00:00Z", **overview.overview(STORED, [EVENT])}),
    "topology": (answers.Topology, summary.topology(STORED)),
    "resolution": (resolving.Resolution, summary.resolution([*STORED, *test_summary.ALL])),
    "dns": (resolving.HubDns, view(samples.hub(dns__mode="forwarder"), [samples.spoke()])),
    "dns, by Azure": (resolving.HubDns, view(samples.hub(), [])),
}


@pytest.mark.parametrize(("model", "shown"), VIEWED.values(), ids=VIEWED)
def test_every_member_of_a_view_is_described(model: type[Part], shown: Json) -> None:
    """What a view says has the described types, and no member that is not described."""
    described = model.model_validate_json(json.dumps(shown)).model_dump(mode="json", by_alias=True, exclude_unset=True)
    assert named(described) == named(shown)


def test_what_is_anonymous_is_said() -> None:
    """Only the page, its files, the health and this description go without a key and without a role."""
    open_ = {told["operationId"] for _, _, told in operations() if told.get("security") == []}
    assert open_ == {"getHealth", "getOpenApi", "getPage", "getPageFile"}
    assert set(DESCRIPTION["components"]["securitySchemes"]) == {
        "functionKey",
        "functionKeyInQuery",
        "entraId",
        "session",
    }


@pytest.mark.parametrize("kind", lists.PARAMETERS)
def test_the_parameters_of_lists_are_described(kind: str) -> None:
    """What a list reads is what is told of it."""
    told = {place["name"] for place in operation(f"list{kind}s")["parameters"] if place["in"] == "query"}
    assert told == set(lists.PARAMETERS[kind])


def test_the_parameters_of_the_resolution_are_described() -> None:
    """What it may be asked for is what is told of it."""
    told = {place["name"] for place in operation("getResolution")["parameters"] if place["in"] == "query"}
    assert told == set(http.SEEN_BY)


def test_starting_the_app_does_not_make_the_description() -> None:
    """The app loads neither the description's modules nor its models: a cold start has no use for them."""
    code = "import sys, function_app; print([name for name in sys.modules if name.startswith('orchestration.api')])"
    settings = {"SPOKEWRIGHT_STORE": "sqlite::memory:", "SERVICE_BUS__fullyQualifiedNamespace": "example"}
    done = subprocess.run([sys.executable, "-c", code], env=settings, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
