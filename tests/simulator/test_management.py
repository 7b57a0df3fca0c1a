"""What Azure Resource Manager itself checks, whatever the provider."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from local.simulator.server import SUBSCRIPTION, Simulator
from tests.simulator.conftest import Azure, group, network, peering_to, space, vnet

BODY = {"location": "westeurope", "properties": space("10.0.0.0/16")}


async def test_a_request_without_token_is_challenged(azure: Azure) -> None:
    """Without a bearer token the answer is 401 and says where to get one."""
    answer = await azure.get(group("rg"), anonymous=True)
    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith("Bearer authorization_uri=")


async def test_a_forged_token_is_refused(azure: Azure) -> None:
    """A token that this Azure did not sign is refused."""
    answer = await azure.get(group("rg"), headers={"authorization": "Bearer a.b.c"}, anonymous=True)
    assert (answer.status, answer.code) == (401, "InvalidAuthenticationToken")


REFUSED: list[Any] = [
    pytest.param("GET", vnet("v"), None, None, 400, "MissingApiVersionParameter", id="no api-version"),
    pytest.param("GET", vnet("v"), None, "yesterday", 400, "InvalidApiVersionParameter", id="odd api-version"),
    pytest.param("GET", vnet("v"), None, "2014-01-01", 400, "NoRegisteredProviderFound", id="too old"),
    pytest.param("GET", network("teapots", "t"), None, "2024-07-01", 404, "InvalidResourceType", id="unknown type"),
    pytest.param("GET", vnet("v"), None, "2024-07-01", 404, "ResourceNotFound", id="no such resource"),
    pytest.param("GET", group("nowhere"), None, "2024-07-01", 404, "ResourceGroupNotFound", id="no such group"),
    pytest.param(
        "PUT",
        network("virtualNetworks", "v", within="no"),
        BODY,
        "2024-07-01",
        404,
        "ResourceGroupNotFound",
        id="group",
    ),
    pytest.param(
        "PUT",
        network("virtualNetworks/subnets", "v", "s"),
        BODY,
        "2024-07-01",
        404,
        "ParentResourceNotFound",
        id="parent",
    ),
    pytest.param("PUT", vnet("v"), b"{not json", "2024-07-01", 400, "InvalidRequestContent", id="not JSON"),
    pytest.param("PUT", vnet("v"), b"[]", "2024-07-01", 400, "InvalidRequestContent", id="not an object"),
    pytest.param("PUT", vnet("v"), {"properties": {}}, "2024-07-01", 400, "LocationRequired", id="no location"),
    pytest.param(
        "PUT", vnet("v"), {"location": "moon"}, "2024-07-01", 400, "LocationNotAvailableForResourceType", id="location"
    ),
    pytest.param(
        "GET", "/subscriptions/x/resourceGroups/r", None, "2024-07-01", 400, "InvalidSubscriptionId", id="guid"
    ),
    pytest.param(
        "GET",
        "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/r",
        None,
        "2024-07-01",
        404,
        "SubscriptionNotFound",
        id="subscription",
    ),
]


@pytest.mark.parametrize(("method", "path", "body", "version", "status", "code"), REFUSED)
async def test_refusals(
    azure: Azure, method: str, path: str, body: Any, version: str | None, status: int, code: str
) -> None:
    """Each malformed or misdirected request is refused with Azure's status and code."""
    answer = await azure.send(method, path, body, version=version)
    assert (answer.status, answer.code) == (status, code)


async def test_ids_compare_without_case_and_keep_theirs(azure: Azure) -> None:
    """Any case finds a resource, and it is shown as it was written first."""
    await azure.made(vnet("Hub"), space("10.0.0.0/16"))
    found = await azure.get(vnet("hUB").replace("resourceGroups/rg", "resourcegroups/RG"))
    assert found.body["id"] == vnet("Hub")


async def test_a_resource_does_not_move(azure: Azure) -> None:
    """A PUT with another location is refused."""
    await azure.made(vnet("v"), space("10.0.0.0/16"))
    answer = await azure.put(vnet("v"), {**BODY, "location": "eastus"})
    assert (answer.status, answer.code) == (409, "InvalidResourceLocation")


async def test_deleting_what_is_not_there_is_no_error(azure: Azure) -> None:
    """DELETE of an absent resource answers 204."""
    assert (await azure.delete(vnet("v"))).status == 204


async def test_long_lists_come_in_pages(azure: Azure) -> None:
    """A list is cut into pages that nextLink joins, each resource once and oldest first."""
    azure.simulator.arm._page_size = 2
    for number in range(5):
        await azure.put(vnet(f"v{number}"), {"location": "westeurope", "properties": space(f"10.{number}.0.0/16")})
    page = await azure.get(network("virtualNetworks"))
    names = [item["name"] for item in page.body["value"]]
    while link := page.body.get("nextLink"):
        page = await azure.get(link)
        names += [item["name"] for item in page.body["value"]]
    assert names == [f"v{number}" for number in range(5)]


async def test_groups_come_by_the_thousand_where_asked(azure: Azure) -> None:
    """The list of groups honours $top up to 1000; the usual page stays as it is, also for other kinds."""
    for number in range(120):
        azure.simulator.clock.run(0, at=azure.simulator.clock.now() + 1)
        await azure.put(group(f"g{number}"), {"location": "westeurope"})
    groups = f"/subscriptions/{SUBSCRIPTION}/resourcegroups"
    assert len((await azure.get(groups)).body["value"]) == 100
    whole = (await azure.get(groups, **{"$top": "1000"})).body
    assert (len(whole["value"]), "nextLink" in whole) == (121, False)
    few = (await azure.get(groups, **{"$top": "7"})).body
    assert (len(few["value"]), "nextLink" in few) == (7, True)


async def test_writes_are_counted_down_and_then_throttled(azure: Azure) -> None:
    """The write bucket holds 200; an empty one answers 429 with Retry-After, and fills with simulated time."""
    first = await azure.put(group("rg"), {"location": "westeurope"})
    assert int(first.headers["x-ms-ratelimit-remaining-subscription-writes"]) == 198
    for _ in range(198):
        await azure.put(group("rg"), {"location": "westeurope"})
    refused = await azure.put(group("rg"), {"location": "westeurope"})
    assert (refused.status, refused.code) == (429, "SubscriptionRequestsThrottled")
    assert int(refused.headers["retry-after"]) >= 1
    await azure.pass_time(1)
    assert (await azure.put(group("rg"), {"location": "westeurope"})).status == 200


async def test_answers_carry_request_and_correlation_ids(azure: Azure) -> None:
    """Every answer names its request, and the caller's correlation id comes back."""
    answer = await azure.get(group("rg"), headers={"x-ms-correlation-request-id": "mine"})
    assert answer.headers["x-ms-request-id"]
    assert answer.headers["x-ms-correlation-request-id"] == "mine"


async def test_the_tenant_is_described(azure: Azure) -> None:
    """Clouds need no token; subscriptions, tenants, providers and locations are listed."""
    cloud = await azure.get("/metadata/endpoints", version="2022-09-01", anonymous=True)
    assert cloud.body["resourceManager"] == azure.simulator.base
    subscriptions = await azure.get("/subscriptions", version="2022-12-01")
    assert [s["subscriptionId"] for s in subscriptions.body["value"]] == [SUBSCRIPTION]
    assert (await azure.get("/tenants", version="2022-12-01")).body["value"][0]["tenantId"]
    providers = await azure.get(f"/subscriptions/{SUBSCRIPTION}/providers", version="2021-04-01")
    assert "Microsoft.Network" in {p["namespace"] for p in providers.body["value"]}


async def test_several_subscriptions_are_one_azure(spawn: Callable[..., Awaitable[Simulator]]) -> None:
    """Networks of two subscriptions can be peered; each subscription lists its own."""
    other = "00000000-0000-0000-0000-000000000001"
    simulator = await spawn(speed=0, subscriptions={SUBSCRIPTION: "one", other: "two"})
    context = ssl.create_default_context(cafile=simulator.endpoints["caBundle"])
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context)) as session:
        azure = Azure(simulator, session)
        theirs = vnet("b").replace(SUBSCRIPTION, other)
        for path, prefix in ((vnet("a"), "10.0.0.0/16"), (theirs, "10.1.0.0/16")):
            await azure.put(path.split("/providers/", maxsplit=1)[0], {"location": "westeurope"})
            await azure.made(path, space(prefix))
        peering = network("virtualNetworks/virtualNetworkPeerings", "a", "p")
        made = await azure.made(peering, peering_to(theirs), location=None)
        assert made.properties["peeringState"] == "Initiated"
        listed = await azure.get(f"/subscriptions/{other}/providers/Microsoft.Network/virtualNetworks")
        assert [item["id"] for item in listed.body["value"]] == [theirs]


async def test_managed_identity_needs_its_header(azure: Azure) -> None:
    """The identity endpoint gives a token that Azure accepts, and only to who knows the header."""
    endpoints = azure.simulator.endpoints
    query = {"resource": endpoints["arm"], "api-version": "2019-08-01"}
    async with azure.session.get(endpoints["identity"], params=query) as refused:
        assert refused.status == 401
    header = {"X-IDENTITY-HEADER": endpoints["identityHeader"]}
    async with azure.session.get(endpoints["identity"], params=query, headers=header) as answer:
        token = (await answer.json())["access_token"]
    found = await azure.get(group("rg"), headers={"authorization": f"Bearer {token}"}, anonymous=True)
    assert found.status == 200


async def test_resource_groups_are_written_at_once(azure: Azure) -> None:
    """PUT 201 then 200, HEAD 204 or 404, PATCH tags, list by tag."""
    created = await azure.put(group("other"), {"location": "West Europe", "tags": {"a": "1"}})
    assert (created.status, created.body["location"]) == (201, "westeurope")
    assert (await azure.put(group("other"), {"location": "westeurope", "tags": {"a": "1"}})).status == 200
    assert (await azure.send("HEAD", group("other"))).status == 204
    assert (await azure.send("HEAD", group("none"))).status == 404
    assert (await azure.send("PATCH", group("other"), {"tags": {"a": "2"}})).body["tags"] == {"a": "2"}
    listed = await azure.get(f"/subscriptions/{SUBSCRIPTION}/resourcegroups", **{"$filter": "tagName eq 'a'"})
    assert [item["name"] for item in listed.body["value"]] == ["other"]


async def test_deleting_a_group_takes_everything_along(azure: Azure) -> None:
    """202 with Location, 202 while it runs, 200 at the end; nothing of the group is left."""
    await azure.made(vnet("v"), space("10.0.0.0/16", s="10.0.0.0/24"))
    answer = await azure.delete(group("rg"))
    assert answer.status == 202
    assert "azure-asyncoperation" not in answer.headers
    assert (await azure.get(answer.headers["location"])).status == 202
    assert (await azure.put(vnet("w"), BODY)).code == "ResourceGroupBeingDeleted"
    await azure.pass_time()
    assert (await azure.get(answer.headers["location"])).status == 200
    assert (await azure.get(group("rg"))).code == "ResourceGroupNotFound"
    assert azure.simulator.arm.world.under(group("rg")) == []


async def test_a_group_in_use_from_outside_stays(azure: Azure) -> None:
    """A group whose subnet is used by a NIC of another group is not deleted."""
    await azure.put(group("other"), {"location": "westeurope"})
    await azure.made(vnet("v"), space("10.0.0.0/16", s="10.0.0.0/24"))
    subnet = {"id": network("virtualNetworks/subnets", "v", "s")}
    nic = network("networkInterfaces", "n", within="other")
    await azure.made(nic, {"ipConfigurations": [{"name": "c", "properties": {"subnet": subnet}}]})
    answer = await azure.delete(group("rg"))
    await azure.pass_time()
    ended = await azure.get(answer.headers["location"])
    assert (ended.status, ended.code) == (409, "ResourceGroupDeletionBlocked")
    assert (await azure.get(vnet("v"))).status == 200
