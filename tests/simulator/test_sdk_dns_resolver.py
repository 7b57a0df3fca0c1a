"""The real client of DNS Private Resolver against the simulator, unmodified."""

from __future__ import annotations

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.mgmt.dnsresolver.aio import DnsResolverManagementClient

from tests.simulator.conftest import network, vnet
from tests.simulator.test_dns_resolver import DELEGATED, OUTBOUND, RULESET, dynamic, subnet
from tests.simulator.test_sdk_kinds import Clients, clients, settled

__all__ = ["clients"]


async def build_hub(clients: Clients) -> None:
    """A hub with two delegated subnets."""
    inline = [
        {"name": name, "properties": {"addressPrefix": prefix, **DELEGATED}}
        for name, prefix in (("in", "10.1.0.0/28"), ("out", "10.1.0.16/28"))
    ]
    await settled(clients.azure, vnet("hub"), {"addressSpace": {"addressPrefixes": ["10.1.0.0/16"]}, "subnets": inline})


async def build_resolver(client: Any) -> None:
    """A resolver with both endpoints and a ruleset, by pollers; the client takes bodies in the REST shape too."""
    place = {"location": "westeurope"}
    made = await (
        await client.dns_resolvers.begin_create_or_update(
            "rg", "resolver", {**place, "properties": {"virtualNetwork": {"id": vnet("hub")}}}
        )
    ).result()
    assert (made.dns_resolver_state, made.provisioning_state) == ("Connected", "Succeeded")
    inbound = await (
        await client.inbound_endpoints.begin_create_or_update(
            "rg", "resolver", "in", {**place, "properties": {"ipConfigurations": [dynamic()]}}
        )
    ).result()
    assert [each.private_ip_address for each in inbound.ip_configurations] == ["10.1.0.4"]
    outbound = await (
        await client.outbound_endpoints.begin_create_or_update(
            "rg", "resolver", "out", {**place, "properties": {"subnet": subnet("out")}}
        )
    ).result()
    endpoints = {"dnsResolverOutboundEndpoints": [{"id": outbound.id}]}
    ruleset = await (
        await client.dns_forwarding_rulesets.begin_create_or_update("rg", "rules", {**place, "properties": endpoints})
    ).result()
    assert (ruleset.id, [each.id for each in ruleset.dns_resolver_outbound_endpoints]) == (RULESET, [OUTBOUND])


async def test_resolver_and_endpoints(clients: Clients) -> None:
    """Pollers end with the built resources; lists, updates and deletions work."""
    await build_hub(clients)
    async with clients.make(DnsResolverManagementClient) as client:
        await build_resolver(client)
        assert [each.name async for each in client.dns_resolvers.list()] == ["resolver"]
        assert [each.name async for each in client.dns_resolvers.list_by_resource_group("rg")] == ["resolver"]
        listed = client.dns_resolvers.list_by_virtual_network("rg", "hub")
        assert [each.id async for each in listed] == [network("dnsResolvers", "resolver")]
        assert [each.name async for each in client.inbound_endpoints.list("rg", "resolver")] == ["in"]
        tagged = await (
            await client.inbound_endpoints.begin_update("rg", "resolver", "in", {"tags": {"a": "1"}})
        ).result()
        assert tagged.tags == {"a": "1"}
        with pytest.raises(HttpResponseError) as caught:
            await client.outbound_endpoints.begin_delete("rg", "resolver", "out")
        assert caught.value.error is not None
        assert caught.value.error.code == "Conflict"
        await (await client.dns_forwarding_rulesets.begin_delete("rg", "rules")).result()
        await (await client.outbound_endpoints.begin_delete("rg", "resolver", "out")).result()
        await (await client.inbound_endpoints.begin_delete("rg", "resolver", "in")).result()
        await (await client.dns_resolvers.begin_delete("rg", "resolver")).result()
        assert [each.name async for each in client.dns_resolvers.list()] == []


async def test_rulesets_rules_and_links(clients: Clients) -> None:
    """Rules are written at once, links by pollers; the lists of a network name the ruleset and its link."""
    await build_hub(clients)
    async with clients.make(DnsResolverManagementClient) as client:
        await build_resolver(client)
        body = {"properties": {"domainName": "corp.example.", "targetDnsServers": [{"ipAddress": "10.9.0.4"}]}}
        rule = await client.forwarding_rules.create_or_update("rg", "rules", "corp", body)
        assert (rule.forwarding_rule_state, rule.target_dns_servers[0].port) == ("Enabled", 53)
        off = {"properties": {"forwardingRuleState": "Disabled"}}
        assert (await client.forwarding_rules.update("rg", "rules", "corp", off)).forwarding_rule_state == "Disabled"
        assert [each.domain_name async for each in client.forwarding_rules.list("rg", "rules")] == ["corp.example."]
        link = {"properties": {"virtualNetwork": {"id": vnet("hub")}}}
        begin = client.virtual_network_links.begin_create_or_update
        made = await (await begin("rg", "rules", "hub", link)).result()
        assert made.provisioning_state == "Succeeded"
        listed = client.dns_forwarding_rulesets.list_by_virtual_network("rg", "hub")
        assert [(each.id, each.virtual_network_link.id) async for each in listed] == [(RULESET, made.id)]
        update = {"dnsResolverOutboundEndpoints": [{"id": OUTBOUND}], "tags": {"a": "1"}}
        changed = await (await client.dns_forwarding_rulesets.begin_update("rg", "rules", update)).result()
        assert changed.tags == {"a": "1"}
        await client.forwarding_rules.delete("rg", "rules", "corp")
        await (await client.virtual_network_links.begin_delete("rg", "rules", "hub")).result()
        assert [each.name async for each in client.dns_forwarding_rulesets.list()] == ["rules"]
