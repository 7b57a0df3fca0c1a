"""Every link of the chain broken in a running simulator: proved by its run command, read by the real door, named."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from shared.plan.diagnosis import BrokenLink as Link
from tests.diagnosis import breaking as b
from tests.diagnosis import stage
from tests.diagnosis.stage import APP, FORWARDER_IP, JUMP, Consumer
from tests.simulator import landscape as land
from tests.simulator.conftest import vnet

if TYPE_CHECKING:
    from shared.arm.door import Arm
    from tests.diagnosis.breaking import Break
    from tests.simulator.conftest import Azure

NAMES, WAY = (False, False), (True, False)
"""What the proof says where the name does not lead there, and where only the way does not."""
FIREWALL_ASKED = replace(APP, servers=((land.FIREWALL_IP, vnet("hub")),))
RESOLVER_ASKED = replace(APP, servers=((b.INBOUND_IP, vnet("hub")),))
CORPORATE = replace(APP, servers=((FORWARDER_IP, None),))


@dataclass(frozen=True)
class Broken:
    """A consumer, what is broken for it, what has to be said, and words of both the message and the mend."""

    consumer: Consumer
    do: Break
    link: Link
    said: tuple[str, ...]
    mend: tuple[str, ...]
    proof: tuple[bool, bool] = NAMES
    each: bool = False


def to_hub(name: str) -> tuple[str, ...]:
    """The words for the peering of the second spoke and the hub."""
    return (name, "virtual network hub", "virtual network apps")


ZONE = f"private DNS zone {land.ZONE_NAME} (resource group rg)"
UDP = f"UDP 53 from {stage.APP_IP} to {FORWARDER_IP}"

TABLE: dict[str, Broken] = {
    # --- Azure's own resolver
    "zone missing": Broken(JUMP, b.remove_zone, Link.ZONE_MISSING, (ZONE,), ("make it anew", "hub, spoke")),
    "record missing": Broken(
        JUMP, b.remove_record, Link.RECORD_MISSING, (ZONE, "no A record payments-"), ("add an A",)
    ),
    "record stale": Broken(JUMP, b.move_endpoint, Link.RECORD_STALE, (ZONE, "10.64.0."), ("set A record payments-",)),
    "hub not linked": Broken(
        JUMP, b.unlink_hub, Link.NETWORK_NOT_LINKED, (ZONE, "virtual network hub"), ("link to hub",)
    ),
    "another zone of the name linked": Broken(
        JUMP, b.link_other_zone, Link.OTHER_ZONE_LINKED, ("rg-other", "instead"), ("remove the link", "rg-other")
    ),
    "a longer zone linked": Broken(
        JUMP, b.link_longer_zone, Link.OTHER_ZONE_LINKED, ("whose longer name wins",), ("remove the link",)
    ),
    "hub names a server that nobody knows": Broken(
        JUMP, b.hub_asking(b.ELSEWHERE), Link.WRONG_SERVERS, ("virtual network hub", b.ELSEWHERE), ("remove", "hub")
    ),
    # --- a DNS server in between
    "zone missing, behind a server": Broken(APP, b.remove_zone, Link.ZONE_MISSING, (ZONE,), ("make it anew",)),
    "record missing, behind a server": Broken(APP, b.remove_record, Link.RECORD_MISSING, (ZONE,), ("add an A",)),
    "record stale, behind a server": Broken(APP, b.move_endpoint, Link.RECORD_STALE, (ZONE,), ("set A record",)),
    "server does not forward": Broken(
        APP,
        b.tagged("no-conditional-forward"),
        Link.SERVER_DOES_NOT_FORWARD,
        (FORWARDER_IP, "does not forward"),
        ("conditional forwarder", land.ZONE_NAME, "168.63.129.16"),
    ),
    "our forwarder without its conditional forward": Broken(
        APP, b.configured(b.to_the_root), Link.SERVER_DOES_NOT_FORWARD, (FORWARDER_IP,), ("conditional forwarder",)
    ),
    "a server that is in none of our networks does not forward": Broken(
        CORPORATE, b.tagged("no-conditional-forward"), Link.SERVER_DOES_NOT_FORWARD, (FORWARDER_IP,), ("conditional",)
    ),
    "server's network not linked": Broken(
        APP,
        b.unlink_hub,
        Link.SERVER_NETWORK_NOT_LINKED,
        (ZONE, "virtual network hub", f"DNS server {FORWARDER_IP}"),
        ("link to hub",),
    ),
    "server's network linked to another zone": Broken(
        APP, b.link_other_zone, Link.OTHER_ZONE_LINKED, ("rg-other", FORWARDER_IP), ("remove the link",)
    ),
    "server stopped": Broken(APP, b.stop_forwarder, Link.SERVER_SILENT, (FORWARDER_IP,), ("start the machine",)),
    "server silent": Broken(APP, b.tagged("silent"), Link.SERVER_SILENT, (FORWARDER_IP,), ("DNS service",)),
    "server refuses": Broken(
        APP,
        b.configured(allowed="10.66.0.0/24"),
        Link.SERVER_REFUSES,
        (FORWARDER_IP, stage.APP_IP),
        ("access-control", stage.APP_IP),
    ),
    "network names another server": Broken(
        APP, b.asking(b.ELSEWHERE), Link.WRONG_SERVERS, ("virtual network apps", b.ELSEWHERE), (FORWARDER_IP, "restart")
    ),
    "network names no server any more": Broken(
        APP, b.asking(), Link.WRONG_SERVERS, ("virtual network apps", "Azure's own"), (FORWARDER_IP,)
    ),
    "interface names another server": Broken(
        APP, b.ask_interface, Link.WRONG_SERVERS, (b.ELSEWHERE, "network interface"), (FORWARDER_IP,)
    ),
    "firewall's DNS proxy off": Broken(
        FIREWALL_ASKED,
        b.all_of(b.asking(land.FIREWALL_IP), b.proxying(on=False)),
        Link.DNS_PROXY_OFF,
        ("firewall fw", land.FIREWALL_IP),
        ("enableProxy", "firewall policy policy"),
    ),
    "firewall's DNS proxy asks somebody else": Broken(
        FIREWALL_ASKED,
        b.all_of(b.asking(land.FIREWALL_IP), b.proxying("9.9.9.9", on=True)),
        Link.SERVER_DOES_NOT_FORWARD,
        ("firewall fw", "9.9.9.9"),
        ("dnsSettings.servers", "firewall policy policy"),
    ),
    "resolver's network not linked": Broken(
        RESOLVER_ASKED,
        b.all_of(b.build_resolver, b.unlink_hub),
        Link.SERVER_NETWORK_NOT_LINKED,
        ("virtual network hub", b.INBOUND_IP),
        ("link to hub",),
    ),
    "no such endpoint of the resolver": Broken(
        replace(APP, servers=(("10.0.0.69", vnet("hub")),)),
        b.all_of(b.build_resolver, b.asking("10.0.0.69")),
        Link.SERVER_SILENT,
        ("10.0.0.69",),
        ("DNS service",),
    ),
    # --- the way to the DNS server
    "53 denied at the server": Broken(
        APP,
        b.guarded(stage.DNS, b.denying(53, "Inbound")),
        Link.SECURITY_GROUP,
        ("rule deny-53 (priority 200)", "network security group nsg-dns", "subnet dns of hub", UDP),
        ("remove rule deny-53", "priority below 200"),
    ),
    "53 denied at the server's interface": Broken(
        APP, b.guard_interface, Link.SECURITY_GROUP, ("nsg-forwarder", f"interface with {FORWARDER_IP}"), ("deny-53",)
    ),
    "53 denied at the machine": Broken(
        APP,
        b.guarded(stage.APPS, b.denying(53, "Outbound")),
        Link.SECURITY_GROUP,
        ("nsg-apps", "subnet apps of apps", "outbound"),
        ("deny-53",),
    ),
    "peering missing": Broken(
        APP,
        b.without_sides(("hub", "apps"), ("apps", "hub")),
        Link.PEERING_MISSING,
        to_hub("not peered"),
        ("on apps to hub", "on hub to apps"),
    ),
    "peering Initiated": Broken(
        APP, b.half_made("apps", "hub"), Link.PEERING_NOT_CONNECTED, to_hub("Initiated"), ("add a peering", "hub")
    ),
    "peering Initiated from the other side": Broken(
        APP, b.half_made("hub", "apps"), Link.PEERING_NOT_CONNECTED, to_hub("Initiated"), ("add a peering", "apps")
    ),
    "peering Disconnected": Broken(
        APP, b.without_sides(("hub", "apps")), Link.PEERING_NOT_CONNECTED, to_hub("Disconnected"), ("both sides anew",)
    ),
    "own side of the peering deleted": Broken(
        APP, b.without_sides(("apps", "hub")), Link.PEERING_NOT_CONNECTED, to_hub("Disconnected"), ("both sides anew",)
    ),
    "peering closed": Broken(
        APP,
        b.changed_side("hub", "apps", allowVirtualNetworkAccess=False),
        Link.PEERING_CLOSED,
        ("peering to-apps", "allowVirtualNetworkAccess"),
        ("true", "peering to-apps"),
    ),
    "53 dropped by a route": Broken(
        APP,
        b.routed("10.0.2.0/26", "None"),
        Link.ROUTE,
        ("route to-10.0.2.0-26", "route table apps-egress", "subnet apps of apps", "nowhere"),
        ("remove route to-10.0.2.0-26",),
    ),
    "53 led to a wrong appliance": Broken(
        APP,
        b.routed("10.0.2.0/26", "VirtualAppliance", b.ELSEWHERE),
        Link.ROUTE,
        (b.ELSEWHERE, f"not to the firewall fw at {land.FIREWALL_IP}"),
        (f"lead to {land.FIREWALL_IP}",),
    ),
    "53 led to the firewall, which denies it": Broken(
        APP,
        b.routed("10.0.2.0/26", "VirtualAppliance", land.FIREWALL_IP),
        Link.FIREWALL_RULE,
        ("firewall fw denies", UDP),
        ("add a network rule", "firewall policy policy", UDP.replace("UDP", "UDP and TCP")),
    ),
    # --- the way to the API server
    "443 denied at the machine": Broken(
        JUMP,
        b.guarded(stage.JUMPS, b.denying(443, "Outbound")),
        Link.SECURITY_GROUP,
        ("nsg-jump", "TCP 443"),
        ("443",),
        WAY,
    ),
    "443 denied at the endpoint": Broken(
        JUMP,
        b.guarded(land.NODES, b.denying(443, "Inbound"), privateEndpointNetworkPolicies="Enabled"),
        Link.SECURITY_GROUP,
        ("nsg-nodes", "subnet nodes of spoke", "inbound TCP 443"),
        ("remove rule deny-443",),
        WAY,
    ),
    "443 dropped by a route": Broken(
        JUMP, b.jump_routed("None"), Link.ROUTE, ("route table jump", "nowhere"), ("remove",), WAY
    ),
    "443 led to the firewall, which denies it": Broken(
        JUMP,
        b.jump_routed("VirtualAppliance", land.FIREWALL_IP),
        Link.FIREWALL_RULE,
        (f"TCP 443 from {stage.JUMP_IP}",),
        ("add a network rule",),
        WAY,
    ),
    "hub and cluster not peered": Broken(
        JUMP,
        b.without_sides(("hub", "spoke"), ("spoke", "hub")),
        Link.PEERING_MISSING,
        ("virtual network hub", "virtual network spoke"),
        ("on hub to spoke",),
        WAY,
    ),
    "hub and cluster half peered": Broken(
        JUMP, b.half_made("hub", "spoke"), Link.PEERING_NOT_CONNECTED, ("Initiated",), ("add a peering",), WAY
    ),
    "cluster's side deleted": Broken(
        JUMP, b.without_sides(("spoke", "hub")), Link.PEERING_NOT_CONNECTED, ("Disconnected",), ("both sides",), WAY
    ),
    "behind the firewall, hub and cluster not peered": Broken(
        APP, b.without_sides(("spoke", "hub")), Link.PEERING_NOT_CONNECTED, ("Disconnected", "spoke"), ("anew",), WAY
    ),
    "no firewall rule for 443": Broken(
        APP, b.ruled(), Link.FIREWALL_RULE, ("firewall fw denies TCP 443", "no rule"), ("add a network rule",), WAY
    ),
    "443 denied by a collection": Broken(
        APP, b.deny_first, Link.FIREWALL_RULE, ("rule collection closed in emergency",), ("comes before it",), WAY
    ),
    "default route leads elsewhere": Broken(
        APP,
        b.routed("0.0.0.0/0", "VirtualAppliance", b.ELSEWHERE),
        Link.ROUTE,
        ("to-0.0.0.0-0", b.ELSEWHERE),
        (f"lead to {land.FIREWALL_IP}",),
        WAY,
    ),
    "default route leads to the internet": Broken(
        APP, b.routed("0.0.0.0/0", "Internet"), Link.ROUTE, ("to-0.0.0.0-0", "the internet"), ("to the firewall",), WAY
    ),
    "no route table": Broken(
        APP, b.take_table_off, Link.ROUTE, ("subnet apps of apps has no route to 10.64.0.",), ("10.64.0.0/22",), WAY
    ),
    "cluster's network refuses forwarded traffic": Broken(
        APP,
        b.changed_side("spoke", "hub", allowForwardedTraffic=False),
        Link.PEERING_REFUSES_FORWARDED,
        ("peering to-hub of virtual network spoke", "allowForwardedTraffic"),
        ("true",),
        WAY,
    ),
    "firewall stopped": Broken(
        APP, b.stop_firewall, Link.FIREWALL_NOT_RUNNING, ("firewall fw",), ("start firewall fw",), WAY
    ),
    "443 denied at the endpoint, behind the firewall": Broken(
        APP,
        b.guarded(land.NODES, b.denying(443, "Inbound"), privateEndpointNetworkPolicies="NetworkSecurityGroupEnabled"),
        Link.SECURITY_GROUP,
        ("nsg-nodes",),
        ("deny-443",),
        WAY,
    ),
    "cluster stopped": Broken(
        JUMP, b.stop_cluster, Link.API_SERVER_STOPPED, ("managed cluster payments is stopped",), ("az aks start",), WAY
    ),
    "cluster stopped, behind the firewall": Broken(
        APP, b.stop_cluster, Link.API_SERVER_STOPPED, ("payments",), ("az aks start",), WAY
    ),
    # --- several at once: the first along the chain
    "server not linked, and no rule for 443": Broken(
        APP, b.all_of(b.unlink_hub, b.ruled()), Link.SERVER_NETWORK_NOT_LINKED, ("hub",), ("link",)
    ),
    "53 denied at the machine, and server stopped": Broken(
        APP,
        b.all_of(b.guarded(stage.APPS, b.denying(53, "Outbound")), b.stop_forwarder),
        Link.SECURITY_GROUP,
        ("nsg-apps",),
        ("deny-53",),
    ),
    "no rule for 443, and cluster stopped": Broken(
        APP, b.all_of(b.ruled(), b.stop_cluster), Link.FIREWALL_RULE, ("443",), ("add a network rule",), WAY
    ),
}
ASKED = [name for name, broken in TABLE.items() if broken.consumer.servers and broken.proof == NAMES]
"""Where a server is in between: these are told apart also by what the server itself answered."""


DIRECTLY = (
    "zone missing, behind a server",
    "record missing, behind a server",
    "record stale, behind a server",
    "server does not forward",
    "our forwarder without its conditional forward",
    "server's network not linked",
    "server's network linked to another zone",
    "server stopped",
    "server silent",
    "server refuses",
    "53 denied at the server",
    "53 denied at the server's interface",
)
"""What a question that the jump server asks the hub's server shows as well."""


@pytest.mark.parametrize("consumer", [JUMP, APP], ids=["Azure's resolver", "a forwarder"])
async def test_nothing_is_said_of_a_sound_landscape(azure: Azure, arm: Arm, consumer: Consumer) -> None:
    """Where the name leads to the endpoint and the API server answers there is no diagnosis, and nothing is asked."""
    case = await stage.look(azure, arm, consumer)
    assert stage.sound(case) == (True, True)
    assert await stage.diagnose(arm, case) is None
    assert not await stage.observe(arm, case)


async def test_our_own_forwarder_is_sound(azure: Azure, arm: Arm) -> None:
    """The forwarder made from the product's cloud-config gives no reason for a diagnosis."""
    await b.configured()(azure)
    case = await stage.look(azure, arm, APP, each=True)
    assert stage.sound(case) == (True, True)
    assert await stage.diagnose(arm, case) is None


@pytest.mark.parametrize("name", TABLE)
async def test_the_broken_link_is_named(azure: Azure, arm: Arm, name: str) -> None:
    """The proof calls it broken, and the diagnosis names the link, the resource, and what to do."""
    await _judge(azure, arm, TABLE[name], each=False)


@pytest.mark.parametrize("name", ASKED)
async def test_the_broken_link_is_named_when_servers_were_asked_too(azure: Azure, arm: Arm, name: str) -> None:
    """What each DNS server answered by itself leads to the same link."""
    await _judge(azure, arm, TABLE[name], each=True)


@pytest.mark.parametrize("name", DIRECTLY)
async def test_the_broken_link_of_a_server_asked_directly_is_named(azure: Azure, arm: Arm, name: str) -> None:
    """A machine elsewhere that asks the server by its address shows the same, whomever its own network names."""
    await TABLE[name].do(azure)
    case = await stage.look_directly(azure, arm, FORWARDER_IP)
    found = await stage.diagnose(arm, case)
    assert found is not None
    assert found.link is TABLE[name].link, found


async def _judge(azure: Azure, arm: Arm, broken: Broken, *, each: bool) -> None:
    await broken.do(azure)
    case = await stage.look(azure, arm, broken.consumer, each=each)
    assert stage.sound(case) == broken.proof, case.probe.evidence
    found = await stage.diagnose(arm, case)
    assert found is not None
    assert found.link is broken.link, found
    assert [words for words in broken.said if words not in found.message] == [], found.message
    assert [words for words in broken.mend if words not in found.mend] == [], found.mend
