"""Plans over HTTP: what a document, a changed one, or its deletion would do; and what need not be sent twice."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import azure.functions as func

from orchestration.triggers import http
from orchestration.triggers.problem_documents import answered
from shared.model.document import to_json
from tests.model.samples import hub
from tests.orchestration.test_decisions import FOUND, PATH, asked

if TYPE_CHECKING:
    from tests.orchestration.app_on_fakes import App


async def plan(app: App, path: str = PATH, body: Any = None, **params: str) -> tuple[int, Any]:
    """GET a plan, or POST a document for one; return status and JSON body."""
    collection, _, name = path.partition("/")
    request = func.HttpRequest(
        "GET" if body is None else "POST",
        f"/api/{path}/plan",
        params=params,
        route_params={"collection": collection, "name": name},
        body=b"" if body is None else json.dumps(body).encode(),
    )
    handler = http.get_plan if body is None else http.preview_plan
    answer = await answered(handler(app.dependencies, request))
    return answer.status_code, json.loads(answer.get_body())


async def test_the_preview_of_a_network_that_asks_has_its_approval(app: App) -> None:
    """Whoever sends the document back as it is sees that it waits for an approval, as before."""
    wanted = await asked(app)
    document = to_json(await app.read(FOUND))
    status, shown = await plan(app, body=document)
    assert (status, shown["approval"]["state"], shown["hash"]) == (200, "asked", wanted)


async def test_a_preview_is_refused_where_applying_is(app: App) -> None:
    """What cannot be changed is named by its path, before anybody applies it."""
    await app.ready(hub())
    body = to_json(hub(location="northeurope"))
    status, problem = await plan(app, "hubs/weu", body)
    assert (status, [error["path"] for error in problem["errors"]]) == (400, ["$.spec.location"])


async def test_the_plan_of_a_deletion(app: App) -> None:
    """Everything that a hub owns would go; nothing of it is stored or done."""
    await app.ready(hub())
    status, shown = await plan(app, "hubs/weu", **{"for": "deletion"})
    assert status == 200
    assert {step["action"] for step in shown["steps"]} == {"delete"}
    assert (await app.read("Hub/weu")).deleting is False
    assert (await plan(app, "hubs/weu"))[1]["steps"] == []


async def test_a_plan_for_something_else_is_refused(app: App) -> None:
    """The parameter has one value."""
    await app.ready(hub())
    status, problem = await plan(app, "hubs/weu", **{"for": "fun"})
    assert (status, problem["errors"][0]["path"]) == (400, "?for")


async def test_a_history_that_is_known_is_not_sent_again(app: App) -> None:
    """The answer has a version; whoever has that gets 304 without a body."""
    await app.ready(hub())
    route = {"collection": "hubs", "name": "weu"}
    request = func.HttpRequest("GET", "/api/hubs/weu/history", route_params=route, body=b"")
    first = await http.get_history(app.dependencies, request)
    known = {"If-None-Match": first.headers["ETag"]}
    request = func.HttpRequest("GET", "/api/hubs/weu/history", route_params=route, headers=known, body=b"")
    again = await http.get_history(app.dependencies, request)
    assert (first.status_code, again.status_code, again.get_body()) == (200, 304, b"")
