"""A document that this version cannot read, because a newer one wrote it: left alone, said so, and found again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from orchestration.activities.conclusion import conclude
from orchestration.activities.planning import plan_document
from orchestration.dependencies import Dependencies
from orchestration.settings import Settings
from orchestration.triggers import http
from orchestration.triggers.timers import is_stale
from shared.model.document import parse_document, to_json
from shared.model.envelope import DocumentKey
from tests.orchestration.test_http import HUB, Api

WEU = DocumentKey("Hub", "weu")
JOB = {"document": "Hub/weu", "run": "r", "steps": 0, "failures": {}, "converged": True}


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[Api]:
    """The handlers over a store with a hub that has a field of a newer version."""
    dependencies = Dependencies(Settings(store=f"sqlite:{tmp_path / 'store.db'}", service_bus="unused"))
    api = Api(dependencies)
    await api.put(HUB)
    await dependencies.store.documents.update(WEU, lambda it: it | {"spec": it["spec"] | {"newField": 1}})
    yield api
    await dependencies.store.close()


async def reconcile(api: Api) -> Any:
    """Plan and conclude, as a run does."""
    planned = await plan_document(api.dependencies, api.client, {"document": "Hub/weu", "inFlight": []})
    assert planned["steps"] == []
    return await conclude(api.dependencies, api.client, JOB | {"planned": planned})


async def test_it_is_left_alone_and_says_so(api: Api) -> None:
    """The run ends, once; the document has the field at fault, and everything else of it stays."""
    assert await reconcile(api) == {"again": False, "outcome": "unreadable"}
    stored = await api.dependencies.store.documents.get(WEU)
    assert stored is not None
    (ready,) = [one for one in stored.document["status"]["conditions"] if one["type"] == "Ready"]
    assert (ready["status"], ready["reason"]) == ("False", "Invalid")
    assert "$.spec.newField" in ready["message"]
    assert stored.document["spec"]["newField"] == 1
    again = await reconcile(api)
    assert again["outcome"] == "unreadable"
    assert (await api.dependencies.store.documents.get(WEU)) == stored


async def test_the_newer_version_finds_it(api: Api) -> None:
    """It stays due, so that the timer's next look wakes it in whichever version can read it."""
    await reconcile(api)
    stored = await api.dependencies.store.documents.get(WEU)
    assert stored is not None
    dependencies = api.dependencies
    assert is_stale(stored.document, dependencies.clock(), dependencies.look, dependencies.proof)


async def test_it_can_be_asked_for_anew(api: Api) -> None:
    """Whoever applies it as this version knows it has it back."""
    await reconcile(api)
    status, body, _ = await api.put(HUB)
    assert status == 202
    assert "newField" not in body["spec"]
    assert (await api.call(http.get_document, "hubs/weu"))[0] == 200


async def test_what_a_newer_version_adds_to_metadata_stays(api: Api) -> None:
    """Unlike a field of the spec it is no reason to stop: it is kept through every write of this version."""
    documents = api.dependencies.store.documents
    await documents.update(WEU, lambda it: it | {"spec": HUB["spec"], "metadata": it["metadata"] | {"newer": {"a": 1}}})
    stored = await documents.get(WEU)
    assert stored is not None
    assert to_json(parse_document(stored.document))["metadata"]["newer"] == {"a": 1}
    assert (await api.call(http.get_document, "hubs/weu"))[1]["metadata"]["newer"] == {"a": 1}


async def test_a_request_may_have_nothing_that_is_not_known(api: Api) -> None:
    """Every such field is named, with what else is wrong."""
    body = HUB | {"metadata": {"name": "weu", "colour": "red", "generation": 7}, "kind": "Hub", "more": 1}
    status, problem, _ = await api.put(body)
    assert status == 400
    assert {error["path"] for error in problem["errors"]} == {"$.metadata.colour", "$.more"}
