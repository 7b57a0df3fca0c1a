"""The HTTP API's handlers, on the real store, beside a simulator where they look at Azure."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest
import yaml

from local.simulator.server import Simulator
from orchestration.dependencies import Dependencies
from orchestration.settings import Settings
from orchestration.triggers import http
from orchestration.triggers.problem_documents import answered
from shared.model.errors import Denied, Failed, Throttled

Json = dict[str, Any]

DOCUMENTS = list(yaml.safe_load_all((Path(__file__).parents[2] / "examples" / "first-cluster.yaml").read_text()))
HUB, SPOKE, CLUSTER = DOCUMENTS


class DurableClient:
    """A durable client that remembers what it was asked to start."""

    def __init__(self) -> None:
        self.started: list[str] = []

    async def start_new(self, name: str, instance_id: str | None = None, client_input: Any | None = None) -> str:
        """Remember the instance."""
        assert name == "reconcile"
        assert client_input
        self.started.append(str(instance_id))
        return str(instance_id)

    async def raise_event(self, instance_id: str, event_name: str, event_data: Any = None) -> None:
        """Nothing runs here that could be told."""
        raise AssertionError((instance_id, event_name, event_data))


class Api:
    """Calls handlers as the Functions host does."""

    def __init__(self, dependencies: Dependencies) -> None:
        self.dependencies = dependencies
        self.client = DurableClient()

    async def call(
        self,
        handler: Any,
        path: str = "",
        body: Any = None,
        method: str = "GET",
        *,
        wakes: bool = False,
        headers: dict[str, str] | None = None,
        query: str = "",
        **params: str,
    ) -> tuple[int, Any, dict[str, str]]:
        """Return status, JSON body and headers of an answer; `query` is one as it stands in a URL."""
        collection, _, name = path.partition("/")
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = func.HttpRequest(
            method,
            f"/api/{path}{query and '?'}{query}",
            headers=headers or {},
            params=params,
            route_params={"collection": collection, "name": name},
            body=raw,
        )
        given = (self.dependencies, self.client, request) if wakes else (self.dependencies, request)
        answer = await answered(handler(*given))
        text = answer.get_body()
        return answer.status_code, json.loads(text) if text else None, dict(answer.headers)

    async def put(self, document: Json, **options: Any) -> tuple[int, Any, dict[str, str]]:
        """PUT a document at its place."""
        path = f"{document['kind'].lower()}s/{document['metadata']['name']}"
        return await self.call(http.put_document, path, document, "PUT", wakes=True, **options)


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    """The handlers over an empty SQLite store; Azure is not there."""
    dependencies = Dependencies(Settings(store=f"sqlite:{tmp_path / 'store.db'}", service_bus="unused"))
    yield Api(dependencies)
    await dependencies.store.close()


async def test_put_stores_and_wakes(api: Api) -> None:
    """PUT answers 202 with the stored document, its place and its version, and wakes its reconciler."""
    status, body, headers = await api.put(HUB)
    assert (status, body["metadata"]["generation"]) == (202, 1)
    assert headers["Location"] == "/api/hubs/weu"
    assert headers["ETag"].startswith('"')
    assert api.client.started == ["hub.weu"]
    assert "Preference-Applied" not in headers


@pytest.mark.parametrize("prefer", ["respond-async", "return=minimal, Respond-Async", "respond-async; wait=5"])
async def test_who_prefers_not_to_wait_is_told_so(api: Api, prefer: str) -> None:
    """Every write is answered before it is carried out; who asks for that learns that it was heard."""
    _, _, headers = await api.put(HUB, headers={"Prefer": prefer})
    assert headers["Preference-Applied"] == "respond-async"
    asked = {"Prefer": prefer}
    gone = await api.call(http.delete_document, "hubs/weu", method="DELETE", wakes=True, headers=asked)
    assert gone[2]["Preference-Applied"] == "respond-async"


async def test_a_promise_to_wait_is_not_made(api: Api) -> None:
    """`Prefer: wait` is answered like any other request, and not said to be applied."""
    status, _, headers = await api.put(HUB, headers={"Prefer": "wait=10"})
    assert (status, headers.get("Preference-Applied")) == (202, None)


async def test_get_returns_every_default(api: Api) -> None:
    """GET shows the document with its defaults; an unchanged one is 304."""
    await api.put(HUB)
    status, body, headers = await api.call(http.get_document, "hubs/weu")
    assert (status, body["spec"]["firewall"]["zones"]) == (200, [])
    again, nothing, _ = await api.call(http.get_document, "hubs/weu", headers={"If-None-Match": headers["ETag"]})
    assert (again, nothing) == (304, None)


@pytest.mark.parametrize("path", ["hubs/nowhere", "spokes/weu", "routers/weu"])
async def test_what_is_not_there_is_a_problem_document(api: Api, path: str) -> None:
    """A missing document or collection is 404, as a problem document that says what to do."""
    status, problem, headers = await api.call(http.get_document, path)
    assert (status, problem["status"], problem["type"]) == (404, 404, "urn:spokewright:problem:notfound")
    assert problem["detail"]
    assert headers.get("Content-Type", "application/problem+json").startswith("application/problem+json")


BAD_BODIES: dict[str, tuple[Any, str]] = {
    "not-json": (b"{", "$"),
    "a-list": ([], "$"),
    "another-name": (HUB | {"metadata": {"name": "other"}}, "$.metadata.name"),
    "another-kind": (HUB | {"kind": "Spoke"}, "$.kind"),
    "unknown-field": (HUB | {"colour": "red"}, "$.colour"),
    "too-large": (b" " * 300_000, "$"),
}


@pytest.mark.parametrize("name", BAD_BODIES)
async def test_a_bad_body_is_refused_with_its_path(api: Api, name: str) -> None:
    """A body that cannot be accepted is 400, with the JSON path of what is wrong; nothing is stored."""
    body, path = BAD_BODIES[name]
    status, problem, _ = await api.call(http.put_document, "hubs/weu", body, "PUT", wakes=True)
    assert status == 400
    assert path in [error["path"] for error in problem["errors"]]
    assert api.client.started == []


async def test_if_match_protects_from_a_lost_update(api: Api) -> None:
    """PUT with a version that is not the present one is 412; with the present one it is taken."""
    _, _, headers = await api.put(HUB)
    status, _, _ = await api.put(HUB, headers={"If-Match": '"of yesterday"'})
    assert status == 412
    status, _, _ = await api.put(HUB, headers={"If-Match": f'"of yesterday", {headers["ETag"]}'})
    assert status == 202


async def test_if_match_protects_from_deleting_what_one_did_not_see(api: Api) -> None:
    """DELETE with another version is 412 and marks nothing; with the present one it answers where to look."""
    _, _, headers = await api.put(HUB)

    async def delete(tag: str) -> Any:
        asked = {"If-Match": tag}
        return await api.call(http.delete_document, "hubs/weu", method="DELETE", wakes=True, headers=asked)

    assert (await delete('"of yesterday"'))[0] == 412
    assert (await api.call(http.get_document, "hubs/weu"))[1]["metadata"]["deletionRequested"] is None
    status, document, answer = await delete(headers["ETag"])
    assert (status, answer["Location"]) == (202, "/api/hubs/weu")
    assert document["metadata"]["deletionRequested"]
    assert answer["ETag"] not in (None, headers["ETag"])


async def test_delete_marks_and_wakes(api: Api) -> None:
    """DELETE answers 202 with the document marked; a hub with a spoke is refused."""
    await api.put(HUB)
    await api.put(SPOKE)
    refused, problem, _ = await api.call(http.delete_document, "hubs/weu", method="DELETE", wakes=True)
    assert (refused, "Spoke/payments" in problem["detail"]) == (400, True)
    status, body, _ = await api.call(http.delete_document, "spokes/payments", method="DELETE", wakes=True)
    assert (status, body["metadata"]["deletionRequested"] is not None) == (202, True)
    assert (await api.call(http.delete_document, "spokes/nobody", method="DELETE", wakes=True))[0] == 404


async def test_retry_wakes_and_asks_for_a_new_proof(api: Api) -> None:
    """POST retry forgets when the cluster was verified, and wakes it."""
    await api.put(HUB)
    asked = {"Prefer": "respond-async"}
    status, body, headers = await api.call(http.retry, "hubs/weu", method="POST", wakes=True, headers=asked)
    assert (status, body) == (202, {"document": "Hub/weu", "woken": True})
    assert (headers["Location"], headers["Preference-Applied"]) == ("/api/hubs/weu", "respond-async")
    assert api.client.started == ["hub.weu", "hub.weu"]


async def test_history_of_a_document_without_steps_is_empty(api: Api) -> None:
    """A document that did nothing yet has an empty history; one that is not there has none."""
    await api.put(HUB)
    assert (await api.call(http.get_history, "hubs/weu"))[1] == {"items": []}
    assert (await api.call(http.get_history, "hubs/nowhere"))[0] == 404


async def test_the_views_show_what_depends_on_what(api: Api) -> None:
    """The topology nests clusters in spokes in hubs and names orphans; the resolution has a row per cluster."""
    for document in DOCUMENTS:
        await api.put(document)
    await api.put({**SPOKE, "metadata": {"name": "lonely"}, "spec": {"hub": "nowhere"}})
    _, topology, _ = await api.call(http.topology)
    assert topology["hubs"][0]["spokes"][0]["clusters"][0]["name"] == "payments-prod"
    assert [orphan["name"] for orphan in topology["orphans"]] == ["lonely"]
    row = (await api.call(http.resolution))[1]["items"][0]
    assert (row["cluster"], row["from"], row["resolves"]) == ("payments-prod", "jump server of hub weu", "Unknown")
    assert (row["hub"], row["endpointAddress"], row["consumers"]) == ("weu", None, [])


RESOLUTION_ASKED: dict[str, tuple[str, int, list[str]]] = {
    "all": ("", 200, ["payments-prod"]),
    "a cluster": ("cluster=payments-prod", 200, ["payments-prod"]),
    "another": ("cluster=nix", 200, []),
    "a consumer that nobody has": ("consumer=hub", 200, []),
    "two clusters": ("cluster=a&cluster=b", 400, []),
    "an unknown parameter": ("hub=weu", 400, []),
}


@pytest.mark.parametrize("name", RESOLUTION_ASKED)
async def test_the_resolution_is_filtered(api: Api, name: str) -> None:
    """By cluster and consumer; a parameter that it does not know is refused like that of a list."""
    query, expected, found = RESOLUTION_ASKED[name]
    for document in DOCUMENTS:
        await api.put(document)
    status, shown, _ = await api.call(http.resolution, query=query)
    assert (status, [item["cluster"] for item in shown.get("items", [])]) == (expected, found)


async def test_health_says_that_the_store_answers(api: Api) -> None:
    """The anonymous health check says ok and no more."""
    assert (await api.call(http.health))[:2] == (200, {"status": "ok"})


@pytest.mark.parametrize(
    ("error", "status"),
    [(Denied("no"), 502), (Failed("no"), 502), (Throttled("slow down", retry_after=7), 503)],
    ids=["denied", "failed", "throttled"],
)
async def test_azure_s_errors_have_a_status(api: Api, error: Exception, status: int) -> None:
    """What Azure refused or failed is a 502, what heals by waiting a 503 with Retry-After."""

    async def broken(*_: Any) -> func.HttpResponse:
        raise error

    code, problem, headers = await api.call(broken)
    assert (code, problem["detail"]) == (status, str(error))
    assert headers.get("Retry-After") == ("7" if status == 503 else None)


async def test_a_plan_says_what_would_be_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """POST plan with a document that is not applied shows its steps against what Azure has, and stores nothing."""
    simulator = Simulator(tmp_path / "azure")
    await simulator.start()
    endpoints = simulator.endpoints
    monkeypatch.setenv("IDENTITY_ENDPOINT", endpoints["identity"])
    monkeypatch.setenv("IDENTITY_HEADER", endpoints["identityHeader"])
    store = f"sqlite:{tmp_path / 'store.db'}"
    dependencies = Dependencies(Settings(store, "unused", endpoints["arm"], endpoints["caBundle"]))
    api = Api(dependencies)
    try:
        status, plan, _ = await api.call(http.preview_plan, "hubs/weu", HUB, "POST")
        stored = await dependencies.store.documents.list()
        await api.put(HUB)
        _, same, _ = await api.call(http.get_plan, "hubs/weu")
    finally:
        await dependencies.arm.close()
        await dependencies.credential.close()
        await dependencies.store.close()
        await simulator.stop()
    assert (status, stored) == (200, ())
    assert [step["reason"] for step in plan["steps"][:2]] == [
        "resource group rg-hub-weu is missing",
        "route table rt-hub-weu is missing",
    ]
    assert [step["body"] for step in same["steps"]] == [step["body"] for step in plan["steps"]]
