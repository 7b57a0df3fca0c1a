"""Tags at a scope: written apart from the resource, past its locks, with an event of their own."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.conftest import Azure, group, network, space, vnet

TAGS = "2021-04-01"


def tags(scope: str) -> str:
    """The path of the tags of a scope."""
    return f"{scope}/providers/Microsoft.Resources/tags/default"


async def events(azure: Azure) -> list[dict[str, Any]]:
    """The data of the events so far."""
    return [line["event"]["data"] for line in await azure.lines("event")]


@pytest.fixture
async def tagged(azure: Azure) -> str:
    """A network with two tags."""
    await azure.made(vnet("v"), space("10.0.0.0/16", nodes="10.0.0.0/24"), tags={"owner": "a", "stage": "test"})
    return vnet("v")


@pytest.mark.parametrize(
    ("operation", "given", "left"),
    [
        pytest.param("Merge", {"Owner": "b", "new": "1"}, {"owner": "b", "stage": "test", "new": "1"}, id="merge"),
        pytest.param("Replace", {"new": "1"}, {"new": "1"}, id="replace"),
        pytest.param("Delete", {"owner": "", "stage": "other"}, {"stage": "test"}, id="delete"),
    ],
)
async def test_tags_are_patched(azure: Azure, tagged: str, operation: str, given: Any, left: Any) -> None:
    """Names compare without case; a tag is deleted by its name, or by its name with its value."""
    before = await azure.get(tagged)
    body = {"operation": operation, "properties": {"tags": given}}
    answer = await azure.send("PATCH", tags(tagged), body, version=TAGS)
    assert (answer.status, answer.properties) == (200, {"tags": left})
    after = await azure.get(tagged)
    assert after.body["tags"] == left
    assert after.body["etag"] != before.body["etag"]
    assert after.properties["addressSpace"] == before.properties["addressSpace"]


async def test_tags_are_replaced_and_deleted_whole(azure: Azure, tagged: str) -> None:
    """PUT replaces, GET shows, DELETE takes all away."""
    put = await azure.put(tags(tagged), {"properties": {"tags": {"a": "1"}}}, version=TAGS)
    assert (put.status, put.body["id"], put.body["name"]) == (200, tags(tagged), "default")
    assert (await azure.get(tags(tagged), version=TAGS)).properties == {"tags": {"a": "1"}}
    assert (await azure.delete(tags(tagged), version=TAGS)).status == 200
    assert (await azure.get(tagged)).body["tags"] == {}


async def test_tags_of_a_group(azure: Azure) -> None:
    """A resource group takes tags too."""
    await azure.put(tags(group("rg")), {"properties": {"tags": {"a": "1"}}}, version=TAGS)
    assert (await azure.get(group("rg"))).body["tags"] == {"a": "1"}


async def test_each_write_sends_an_event_of_the_tags(azure: Azure, tagged: str) -> None:
    """The event names the tags, not the resource; operation names end in write and delete."""
    await azure.put(tags(tagged), {"properties": {"tags": {}}}, version=TAGS)
    await azure.delete(tags(tagged), version=TAGS)
    written, deleted = (await events(azure))[-2:]
    assert written["operationName"] == "Microsoft.Resources/tags/write"
    assert written["resourceUri"].lower() == tags(tagged).lower()
    assert written["resourceProvider"] == "Microsoft.Resources"
    assert deleted["operationName"] == "Microsoft.Resources/tags/delete"


async def test_tags_take_no_lock_of_the_network(azure: Azure, tagged: str) -> None:
    """While a subnet is written, tags are taken, and are still there when it ended."""
    subnet = network("virtualNetworks/subnets", "v", "more")
    await azure.put(subnet, {"properties": {"addressPrefix": "10.0.1.0/24"}})
    assert (await azure.send("PATCH", tagged, {"tags": {}})).status == 429
    assert (await azure.put(tags(tagged), {"properties": {"tags": {"a": "1"}}}, version=TAGS)).status == 200
    await azure.pass_time()
    found = await azure.get(tagged)
    assert (found.body["tags"], len(found.properties["subnets"])) == ({"a": "1"}, 2)


@pytest.mark.parametrize("path", [vnet("v"), network("routeTables", "t")], ids=["network", "route table"])
async def test_update_tags_sends_a_write(azure: Azure, path: str) -> None:
    """A PATCH of the resource itself is a write of the resource."""
    await azure.made(path, space("10.0.0.0/16") if "virtualNetworks" in path else {})
    answer = await azure.send("PATCH", path, {"tags": {"a": "1"}})
    assert (answer.status, answer.body["tags"]) == (200, {"a": "1"})
    last = (await events(azure))[-1]
    assert last["operationName"] == f"Microsoft.Network/{path.split('/')[-2]}/write"
    assert last["httpRequest"]["method"] == "PATCH"


@pytest.mark.parametrize(
    ("method", "scope", "body", "expected"),
    [
        pytest.param("PATCH", vnet("v"), {"operation": "Add", "properties": {"tags": {}}}, 400, id="operation"),
        pytest.param("PUT", vnet("v"), {"properties": {}}, 400, id="no tags"),
        pytest.param("PUT", f"{vnet('v')}/subnets/nodes", {"properties": {"tags": {}}}, 400, id="untaggable"),
        pytest.param("PUT", vnet("none"), {"properties": {"tags": {}}}, 404, id="no such scope"),
        pytest.param("GET", vnet("none"), None, 404, id="nothing to show"),
    ],
)
async def test_tags_are_refused(azure: Azure, tagged: str, method: str, scope: str, body: Any, expected: int) -> None:
    """What is no operation, no tags, takes none or is not there."""
    answer = await azure.send(method, tags(scope), body, version=TAGS)
    assert answer.status == expected
    assert (await azure.get(tagged)).body["tags"] == {"owner": "a", "stage": "test"}
