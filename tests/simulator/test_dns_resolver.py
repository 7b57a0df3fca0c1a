"""DNS Private Resolver on the wire: operations, what a subnet must be, what holds what, lists of a network."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.conftest import Answer, Azure, group, network, vnet

VERSION = "2025-05-01"
RESOLVER = network("dnsResolvers", "resolver")
INBOUND = f"{RESOLVER}/inboundEndpoints/in"
OUTBOUND = f"{RESOLVER}/outboundEndpoints/out"
RULESET = network("dnsForwardingRulesets", "rules")
RULE = f"{RULESET}/forwardingRules/corp"
LINK = f"{RULESET}/virtualNetworkLinks/hub"
DELEGATED = {"delegations": [{"name": "dns", "properties": {"serviceName": "Microsoft.Network/dnsResolvers"}}]}


def subnet(name: str, of: str = "hub") -> dict[str, str]:
    """A reference to a subnet."""
    return {"id": network("virtualNetworks/subnets", of, name)}


async def build_hub(azure: Azure) -> None:
    """A hub with two delegated subnets and others that will not do."""
    subnets = {
        "in": ("10.1.0.0/28", DELEGATED),
        "out": ("10.1.0.16/28", DELEGATED),
        "plain": ("10.1.0.32/28", {}),
        "small": ("10.1.0.48/29", DELEGATED),
        "large": ("10.1.2.0/23", DELEGATED),
        "reserved": ("10.0.2.0/28", DELEGATED),
        "busy": ("10.1.0.64/28", DELEGATED),
    }
    inline = [{"name": name, "properties": {"addressPrefix": p, **more}} for name, (p, more) in subnets.items()]
    space = {"addressSpace": {"addressPrefixes": ["10.1.0.0/16", "10.0.0.0/16"]}, "subnets": inline}
    await azure.made(vnet("hub"), space)
    place = {"ipConfigurations": [{"name": "ip", "properties": {"subnet": subnet("busy")}}]}
    await azure.made(network("networkInterfaces", "nic"), place)


async def wrote(azure: Azure, url: str, properties: dict[str, Any], **more: Any) -> tuple[Answer, Answer]:
    """PUT what runs as an operation and let that end: its end, and the resource."""
    body = {"location": "westeurope", "properties": properties, **more}
    answer = await azure.put(url, body, version=VERSION)
    assert (answer.status, answer.body) == (202, {}), answer.body
    assert {"azure-asyncoperation", "location"} <= set(answer.headers)
    assert "retry-after" not in answer.headers
    pending = await azure.get(answer.headers["azure-asyncoperation"])
    assert (pending.status, pending.body["status"]) == (200, "InProgress")
    await azure.pass_time()
    return await azure.get(answer.headers["azure-asyncoperation"]), await azure.get(url, version=VERSION)


def dynamic(name: str = "in") -> dict[str, Any]:
    """An IP configuration whose address Azure chooses, in Azure's spelling of that kind."""
    return {"subnet": subnet(name), "privateIpAddress": "", "privateIpAllocationMethod": "Dynamic"}


async def build_resolver(azure: Azure) -> None:
    """A hub with a resolver that has both endpoints, a ruleset with one rule, linked to the hub."""
    await build_hub(azure)
    await wrote(azure, RESOLVER, {"virtualNetwork": {"id": vnet("hub")}})
    await wrote(azure, INBOUND, {"ipConfigurations": [dynamic()]})
    await wrote(azure, OUTBOUND, {"subnet": subnet("out")})
    await wrote(azure, RULESET, {"dnsResolverOutboundEndpoints": [{"id": OUTBOUND}]})
    await azure.put(RULE, rule(), version=VERSION)
    await wrote(azure, LINK, {"virtualNetwork": {"id": vnet("hub")}})


def rule(**more: Any) -> dict[str, Any]:
    """The body of a rule."""
    return {"properties": {"domainName": "corp.example.", "targetDnsServers": [{"ipAddress": "10.9.0.4"}], **more}}


async def test_a_resolver_is_built_piece_by_piece(azure: Azure) -> None:
    """Each piece is accepted, ends well, and shows what the recorded ones show; a rule is written at once."""
    await build_resolver(azure)
    shown = await azure.get(RESOLVER, version=VERSION)
    assert (shown.properties["dnsResolverState"], shown.properties["provisioningState"]) == ("Connected", "Succeeded")
    inbound = await azure.get(INBOUND, version=VERSION)
    assert inbound.properties["ipConfigurations"] == [{**dynamic(), "privateIpAddress": "10.1.0.4"}]
    assert (inbound.body["location"], bool(inbound.properties["resourceGuid"])) == ("westeurope", True)
    written = await azure.put(RULE, rule(forwardingRuleState="Disabled", metadata={"a": "1"}), version=VERSION)
    assert (written.status, written.properties["targetDnsServers"]) == (200, [{"ipAddress": "10.9.0.4", "port": 53}])
    assert "location" not in (await azure.get(LINK, version=VERSION)).body


async def test_a_network_lists_its_resolver_and_rulesets(azure: Azure) -> None:
    """The two actions of a virtual network give ids, and for a ruleset the link that leads to it."""
    await build_resolver(azure)
    resolvers = await azure.send("POST", f"{vnet('hub')}/listDnsResolvers", version=VERSION)
    rulesets = await azure.send("POST", f"{vnet('hub')}/listDnsForwardingRulesets", version=VERSION)
    assert resolvers.body == {"value": [{"id": RESOLVER}]}
    assert rulesets.body == {"value": [{"id": RULESET, "properties": {"virtualNetworkLink": {"id": LINK}}}]}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("plain", id="not delegated"),
        pytest.param("small", id="smaller than /28"),
        pytest.param("large", id="larger than /24"),
        pytest.param("reserved", id="reserved range"),
        pytest.param("busy", id="somebody else sits there"),
    ],
)
async def test_a_subnet_that_cannot_serve_fails_the_operation(azure: Azure, name: str) -> None:
    """The write is accepted, its operation fails, and the endpoint stays as Failed until it is deleted."""
    await build_hub(azure)
    await wrote(azure, RESOLVER, {"virtualNetwork": {"id": vnet("hub")}})
    end, shown = await wrote(azure, INBOUND, {"ipConfigurations": [dynamic(name)]})
    assert (end.body["status"], end.code) == ("Failed", "BadRequest")
    assert "could not be used to provision the inbound endpoint" in end.body["error"]["message"]
    assert shown.properties["provisioningState"] == "Failed"
    await azure.removed(INBOUND)
    assert (await azure.get(INBOUND)).status == 404


async def test_a_subnet_serves_one_endpoint(azure: Azure) -> None:
    """A second endpoint in the subnet of another fails; in its own it is fine."""
    await build_resolver(azure)
    end, _ = await wrote(azure, f"{RESOLVER}/inboundEndpoints/second", {"ipConfigurations": [dynamic()]})
    assert end.body["status"] == "Failed"


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        pytest.param("10.1.0.10", "Succeeded", "", id="free"),
        pytest.param("10.1.0.2", "Failed", "PrivateIPAddressInReservedRange", id="one of the first four"),
        pytest.param("10.1.0.99", "Failed", "PrivateIPAddressNotInSubnet", id="outside"),
    ],
)
async def test_a_static_address(azure: Azure, address: str, status: str, code: str) -> None:
    """An inbound endpoint may name its address, within its subnet and past the reserved ones."""
    await build_hub(azure)
    await wrote(azure, RESOLVER, {"virtualNetwork": {"id": vnet("hub")}})
    static = {"subnet": subnet("in"), "privateIpAddress": address, "privateIpAllocationMethod": "Static"}
    end, shown = await wrote(azure, INBOUND, {"ipConfigurations": [static]})
    assert (end.body["status"], (end.body.get("error") or {}).get("code", "")) == (status, code)
    assert shown.properties["ipConfigurations"][0]["privateIpAddress"] == address


async def test_a_dynamic_address_stays(azure: Azure) -> None:
    """Writing an endpoint again keeps its address, with or without it in the body."""
    await build_resolver(azure)
    for given in ("", "10.1.0.4"):
        again = {"ipConfigurations": [{**dynamic(), "privateIpAddress": given}]}
        _, shown = await wrote(azure, INBOUND, again, tags={"a": "b"})
        assert shown.properties["ipConfigurations"][0]["privateIpAddress"] == "10.1.0.4"


@pytest.mark.parametrize(
    ("url", "body", "status", "code"),
    [
        pytest.param(RESOLVER, {"virtualNetwork": {"id": vnet("none")}}, 400, "BadRequest", id="no network"),
        pytest.param(
            network("dnsResolvers", "second"),
            {"virtualNetwork": {"id": vnet("hub")}},
            409,
            "Conflict",
            id="a second resolver in a network",
        ),
        pytest.param(INBOUND, {"ipConfigurations": []}, 400, "BadRequest", id="no IP configuration"),
        pytest.param(OUTBOUND, {"subnet": subnet("none")}, 400, "BadRequest", id="no subnet"),
        pytest.param(RULESET, {"dnsResolverOutboundEndpoints": []}, 400, "BadRequest", id="no outbound endpoint"),
        pytest.param(
            RULESET, {"dnsResolverOutboundEndpoints": [{"id": INBOUND}]}, 400, "BadRequest", id="an inbound endpoint"
        ),
        pytest.param(LINK, {"virtualNetwork": {"id": vnet("none")}}, 400, "BadRequest", id="a link to no network"),
        pytest.param(
            f"{RULESET}/virtualNetworkLinks/second",
            {"virtualNetwork": {"id": vnet("hub")}},
            409,
            "Conflict",
            id="a second link of a network",
        ),
        pytest.param(RULE, rule(domainName="corp.example")["properties"], 400, "BadRequest", id="no dot at the end"),
        pytest.param(RULE, rule(domainName="example.")["properties"], 400, "BadRequest", id="one label"),
        pytest.param(RULE, rule(targetDnsServers=[])["properties"], 400, "BadRequest", id="no server"),
        pytest.param(
            RULE,
            rule(targetDnsServers=[{"ipAddress": "168.63.129.16"}])["properties"],
            400,
            "BadRequest",
            id="Azure's own server",
        ),
        pytest.param(RULE, rule(forwardingRuleState="On")["properties"], 400, "BadRequest", id="no such state"),
        pytest.param(f"{RULESET}/forwardingRules/twin", rule()["properties"], 409, "Conflict", id="the domain again"),
    ],
)
async def test_refusals(azure: Azure, url: str, body: dict[str, Any], status: int, code: str) -> None:
    """What is wrong by itself is refused at once."""
    await build_resolver(azure)
    answer = await azure.put(url, {"location": "westeurope", "properties": body}, version=VERSION)
    assert (answer.status, answer.code) == (status, code)


async def test_regions_are_kept(azure: Azure) -> None:
    """Resolver, network, endpoints, ruleset and linked networks share a region."""
    await build_resolver(azure)
    await azure.made(vnet("far"), {"addressSpace": {"addressPrefixes": ["10.5.0.0/16"]}}, location="northeurope")
    for url, body in (
        (network("dnsResolvers", "far"), {"virtualNetwork": {"id": vnet("far")}}),
        (f"{RULESET}/virtualNetworkLinks/far", {"virtualNetwork": {"id": vnet("far")}}),
    ):
        answer = await azure.put(url, {"location": "westeurope", "properties": body}, version=VERSION)
        assert (answer.status, answer.code) == (400, "BadRequest")


async def test_deletions_have_an_order(azure: Azure) -> None:
    """Links before the ruleset, the ruleset before the outbound endpoint, endpoints before resolver and subnets."""
    await build_resolver(azure)
    for url, status, code in (
        (RULESET, 409, "CannotDeleteResource"),
        (OUTBOUND, 409, "Conflict"),
        (RESOLVER, 409, "CannotDeleteResource"),
        (network("virtualNetworks/subnets", "hub", "in"), 400, "InUseSubnetCannotBeDeleted"),
        (vnet("hub"), 400, "InUseSubnetCannotBeDeleted"),
    ):
        answer = await azure.delete(url)
        assert (answer.status, answer.code) == (status, code)
    await azure.removed(network("networkInterfaces", "nic"))
    for url in (
        LINK,
        RULESET,
        OUTBOUND,
        INBOUND,
        RESOLVER,
        network("virtualNetworks/subnets", "hub", "in"),
        vnet("hub"),
    ):
        await azure.removed(url)
    assert (await azure.get(RULE)).status == 404


async def test_a_group_takes_a_resolver_along(azure: Azure) -> None:
    """Deleting the group deletes all of it, in whatever order."""
    await build_resolver(azure)
    assert (await azure.delete(group("rg"))).status == 202
    await azure.pass_time(6000)
    assert (await azure.get(group("rg"))).status == 404


async def test_a_subnet_with_an_endpoint_keeps_its_delegation_and_prefix(azure: Azure) -> None:
    """A PUT of the subnet without the delegation is refused, and one that moves it too."""
    await build_resolver(azure)
    url = network("virtualNetworks/subnets", "hub", "in")
    bare = await azure.put(url, {"properties": {"addressPrefix": "10.1.0.0/28"}})
    moved = await azure.put(url, {"properties": {"addressPrefix": "10.1.0.0/27", **DELEGATED}})
    assert (bare.status, bare.code) == (400, "SubnetMissingRequiredDelegation")
    assert (moved.status, moved.code) == (400, "InUsePrefixCannotBeDeleted")


async def test_etags_are_honoured(azure: Azure) -> None:
    """A stale If-Match is refused with 412."""
    await build_resolver(azure)
    body = {"location": "westeurope", "properties": {"virtualNetwork": {"id": vnet("hub")}}}
    answer = await azure.put(RESOLVER, body, version=VERSION, headers={"If-Match": '"stale"'})
    assert (answer.status, answer.code) == (412, "PreconditionFailed")
