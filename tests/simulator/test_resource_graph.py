"""Azure Resource Graph: rows, pages, a small language, and refusals in Azure's words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator import landscape as land
from tests.simulator import test_dns_resolver as resolver
from tests.simulator.conftest import SUBSCRIPTION, Answer, Azure, space, vnet

GRAPH = "/providers/Microsoft.ResourceGraph/resources"
NETWORKS = "resources | where type =~ 'Microsoft.Network/virtualNetworks'"


async def ask(azure: Azure, query: str, *subscriptions: str, **options: Any) -> Answer:
    """Send a query."""
    body = {"query": query, "options": {"resultFormat": "objectArray", **options}}
    if subscriptions:
        body["subscriptions"] = list(subscriptions)
    return await azure.send("POST", GRAPH, body, version="2021-03-01")


async def rows(azure: Azure, query: str) -> list[dict[str, Any]]:
    """The rows that a query finds."""
    answer = await ask(azure, query, SUBSCRIPTION)
    assert answer.status == 200, answer.body
    found: list[dict[str, Any]] = answer.body["data"]
    return found


async def three_networks(azure: Azure) -> None:
    """Make the networks c, a and B, the last with a tag."""
    for name, prefix in (("c", "10.0.0.0/16"), ("a", "10.1.0.0/16")):
        await azure.made(vnet(name), space(prefix, nodes=prefix.replace("/16", "/24")))
    await azure.made(vnet("B"), space("10.2.0.0/16"), tags={"managed-by": "us"})


async def test_a_row_shows_what_the_provider_shows(azure: Azure) -> None:
    """Types and groups are in lower case, ids and names as they are, nested subnets only within properties."""
    await three_networks(azure)
    (row,) = await rows(azure, "Resources | where name == 'a'")
    shown = await azure.get(vnet("a"))
    assert row["properties"] == shown.properties
    assert (row["id"], row["type"]) == (vnet("a"), "microsoft.network/virtualnetworks")
    assert (row["subscriptionId"], row["resourceGroup"], row["location"]) == (SUBSCRIPTION, "rg", "westeurope")
    assert (row["tags"], row["kind"], row["zones"]) == (None, "", None)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param(f"{NETWORKS} | order by name asc", ["B", "a", "c"], id="ordered"),
        pytest.param(f"{NETWORKS} | order by name", ["c", "a", "B"], id="descending by default"),
        pytest.param(f"{NETWORKS} and name =~ 'b'", ["B"], id="and, without case"),
        pytest.param(f"{NETWORKS} and name == 'b'", [], id="with case"),
        pytest.param("resources | where type in~ ('microsoft.network/VIRTUALNETWORKS', 'x')", ["c", "a", "B"], id="in"),
        pytest.param(f"{NETWORKS} | where tags['managed-by'] =~ 'US'", ["B"], id="tag"),
        pytest.param(f"{NETWORKS} | where tostring(properties.provisioningState) =~ 'failed'", [], id="path"),
        pytest.param(f"{NETWORKS}\n| where tags.none =~ ''\n| project name", [], id="nothing is not empty"),
        pytest.param(f"{NETWORKS} | where tostring(tags.none) =~ ''", ["c", "a", "B"], id="its text is empty"),
        pytest.param(f"{NETWORKS} | order by name asc | limit 1", ["B"], id="limit"),
    ],
)
async def test_queries(azure: Azure, query: str, expected: list[str]) -> None:
    """Comparison with a tilde ignores case, steps run in their order."""
    await three_networks(azure)
    assert [row["name"] for row in await rows(azure, query)] == expected


async def test_columns_are_projected(azure: Azure) -> None:
    """A column keeps its name, a path gets one of its parts, and an alias is the caller's."""
    await three_networks(azure)
    query = f"{NETWORKS} and name =~ 'b' | project name, state=tostring(properties.provisioningState), tags, kind"
    assert await rows(azure, query) == [
        {"name": "B", "state": "Succeeded", "tags": {"managed-by": "us"}, "kind": ""},
    ]
    assert await rows(azure, f"{NETWORKS} and name =~ 'b' | project properties.enableDdosProtection") == [
        {"properties_enableDdosProtection": False}
    ]


async def test_links_are_resources_records_are_not(azure: Azure) -> None:
    """The table holds what has a location: links of private zones, but no record sets and no groups."""
    await azure.made(vnet("hub"), space("10.0.0.0/22"))
    await land.build_zone(azure, "hub")
    found = await rows(azure, "resources | project id, type")
    assert {row["type"] for row in found} == {
        "microsoft.network/virtualnetworks",
        "microsoft.network/privatednszones",
        "microsoft.network/privatednszones/virtualnetworklinks",
    }
    of_hub = f"tostring(properties.virtualNetwork.id) =~ '{vnet('hub').upper()}'"
    assert [row["id"] for row in await rows(azure, f"resources | where {of_hub}")] == [land.link("hub")]


async def test_pages_follow_the_token(azure: Azure) -> None:
    """A page tells how many records there are in all, and how to get the next; the last page has no token."""
    await three_networks(azure)
    query = f"{NETWORKS} | project id, name | order by id asc"
    first = (await ask(azure, query, **{"$top": 2})).body
    assert (first["totalRecords"], first["count"], first["resultTruncated"]) == (3, 2, "false")
    second = (await ask(azure, query, **{"$top": 2, "$skipToken": first["$skipToken"]})).body
    assert (second["totalRecords"], second["count"]) == (3, 1)
    assert "$skipToken" not in second
    assert [row["name"] for row in first["data"] + second["data"]] == ["B", "a", "c"]


@pytest.mark.parametrize("query", [f"{NETWORKS} | project name", f"{NETWORKS} | limit 3"], ids=["no id", "limit"])
async def test_without_id_or_with_a_limit_there_is_no_next_page(azure: Azure, query: str) -> None:
    """Then a result is truncated, and says so."""
    await three_networks(azure)
    page = (await ask(azure, query, **{"$top": 2})).body
    assert (page["count"], page["resultTruncated"], "$skipToken" in page) == (2, "true", False)


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        pytest.param("resources | whre x", ["InvalidQuery", "ParserFailure"], id="operator"),
        pytest.param("resources | where type contains 'x'", ["InvalidQuery", "ParserFailure"], id="comparison"),
        pytest.param("resources | where type =~ 'x' or name =~ 'y'", ["InvalidQuery", "ParserFailure"], id="or"),
        pytest.param("resources | where typ =~ 'x'", ["InvalidQuery", "InvalidQuery"], id="column"),
        pytest.param("resources | project name | where id =~ 'x'", ["InvalidQuery", "InvalidQuery"], id="gone column"),
        pytest.param("resources | where type =~ 'x", ["InvalidQuery", "ParserFailure"], id="open string"),
        pytest.param("", ["InvalidQuery", "ParserFailure"], id="nothing"),
        pytest.param("policyresources | limit 1", ["DisallowedLogicalTableName"], id="table"),
    ],
)
async def test_other_queries_are_refused(azure: Azure, query: str, codes: list[str]) -> None:
    """The code is BadRequest; what is wrong stands in the details."""
    answer = await ask(azure, query)
    assert (answer.status, answer.code) == (400, "BadRequest")
    assert [detail["code"] for detail in answer.body["error"]["details"]] == codes


async def test_unknown_subscriptions_are_left_out(azure: Azure) -> None:
    """One that nobody knows is passed over in silence; with no other it is an error."""
    await three_networks(azure)
    other = SUBSCRIPTION.replace("0", "9")
    assert (await ask(azure, NETWORKS, SUBSCRIPTION, other)).body["totalRecords"] == 3
    refused = await ask(azure, NETWORKS, other)
    assert refused.body["error"]["details"][0]["code"] == "NoValidSubscriptionsInQueryRequest"


async def test_queries_are_counted_in_windows(azure: Azure) -> None:
    """Fifteen in five seconds, then 429 until the window is over."""
    left = [(await ask(azure, NETWORKS)).headers["x-ms-user-quota-remaining"] for _ in range(15)]
    assert left == [str(number) for number in range(14, -1, -1)]
    refused = await ask(azure, NETWORKS)
    assert (refused.status, refused.code) == (429, "RateLimiting")
    assert refused.headers["x-ms-user-quota-resets-after"] == "00:00:05"
    assert refused.headers["retry-after"] == "5"
    await azure.pass_time(5)
    assert (await ask(azure, NETWORKS)).status == 200


LINKS = "resources | where type =~ 'microsoft.network/privatednszones/virtualnetworklinks'"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("where properties.virtualNetwork.id =~ '{hub}'", ["hub"], id="one network, in any case"),
        pytest.param("where properties.virtualNetwork.id in~ ('{hub}', 'x')", ["hub"], id="one of several"),
        pytest.param(
            "where tostring(properties.virtualNetwork.id) in~ ('{hub}', '{spoke}')", ["hub", "spoke"], id="text"
        ),
        pytest.param("where properties['virtualNetwork'].id =~ '{spoke}'", ["spoke"], id="by brackets"),
        pytest.param("where properties.virtualNetwork.none =~ '{hub}'", [], id="no such member"),
    ],
)
async def test_links_are_found_by_their_network(azure: Azure, query: str, expected: list[str]) -> None:
    """Links of private zones are rows, found by the id of the network that they are for."""
    for name, prefix in (("hub", "10.0.0.0/22"), ("spoke", "10.64.0.0/22")):
        await azure.made(vnet(name), space(prefix))
    await land.build_zone(azure, "hub", "spoke")
    asked = query.format(hub=vnet("hub").upper(), spoke=vnet("spoke"))
    found = await rows(azure, f"{LINKS} | {asked} | project id, properties | order by id asc")
    assert [row["id"] for row in found] == [land.link(name) for name in expected]
    assert all(row["properties"]["virtualNetworkLinkState"] == "Completed" for row in found)


async def test_resolvers_are_rows(azure: Azure) -> None:
    """A resolver, its endpoints and rulesets have a region and are rows; rules and links of rulesets are not."""
    await resolver.build_resolver(azure)
    found = await rows(azure, "resources | where type =~ 'microsoft.network/dnsresolvers/inboundendpoints'")
    assert found[0]["properties"]["ipConfigurations"][0]["privateIpAddress"] == "10.1.0.4"
    every = await rows(azure, "resources | project type")
    named = {row["type"].removeprefix("microsoft.network/") for row in every if "/dns" in row["type"]}
    assert named == {
        "dnsresolvers",
        "dnsresolvers/inboundendpoints",
        "dnsresolvers/outboundendpoints",
        "dnsforwardingrulesets",
    }
