"""The hub's machines: who reaches them, how they get out, what they are made with; and who reaches API servers."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.model import conditions as c
from shared.model import naming
from shared.model.conditions import Condition
from shared.model.related import Related
from shared.plan import verdict
from shared.plan.documents import hub_dns, hub_firewall, hub_machines
from shared.plan.observed import Observed
from shared.plan.verdict import Ending
from tests.model.samples import ABSENT, cluster, hub, spoke
from tests.plan.documents import HUB, landscape
from tests.plan.fleet import Fleet

BASTION = "10.0.0.128/26"
SOURCES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "nobody": ({}, []),
    "Bastion": ({"bastion__enabled": True}, [BASTION]),
    "the shared Bastion": ({"bastion__enabled": True, "bastion__sku": "Developer"}, ["168.63.129.16/32"]),
    "a range": ({"jumpServer__sshFrom": ["172.20.8.0/24"]}, ["172.20.8.0/24"]),
    "both": ({"bastion__enabled": True, "jumpServer__sshFrom": ["172.20.8.0/24"]}, [BASTION, "172.20.8.0/24"]),
}


def body(document: Any, name: str, related: Related | None = None) -> Any:
    """Return what is wanted of one resource of the jump server, by the end of its id."""
    wanted = hub_machines.jump_server(document, related or Related(), {})
    return next(one for one in wanted if str(one.id).endswith(name))


@pytest.mark.parametrize("name", SOURCES)
def test_only_bastion_and_given_ranges_reach_the_jump_server(name: str) -> None:
    """SSH is open to them alone, and what no rule lets in stays out; without any, nothing is let in."""
    changes, sources = SOURCES[name]
    rules = body(hub(**changes), "nsg-jump-weu").body["properties"]["securityRules"]
    allowed = [rule["properties"] for rule in rules if rule["properties"]["access"] == "Allow"]
    found = [rule.get("sourceAddressPrefixes") or [rule["sourceAddressPrefix"]] for rule in allowed]
    assert found == ([sources] if sources else [])
    assert {rule["destinationPortRange"] for rule in allowed} <= {"22"}
    assert (rules[-1]["properties"]["access"], rules[-1]["properties"]["sourceAddressPrefix"]) == ("Deny", "*")


def test_the_machine_has_what_one_would_dare_to_run() -> None:
    """Trusted launch, no password, patches by the platform; encryption and sign-in by Entra ID where asked for."""
    plain = body(hub(), "vm-jump-weu").body
    linux = plain["properties"]["osProfile"]["linuxConfiguration"]
    assert linux["disablePasswordAuthentication"] is True
    assert linux["patchSettings"]["patchMode"] == "AutomaticByPlatform"
    assert plain["properties"]["securityProfile"]["securityType"] == "TrustedLaunch"
    assert "identity" not in plain
    more = hub(jumpServer__entraLogin=True, jumpServer__encryptionAtHost=True)
    secured = body(more, "vm-jump-weu").body
    assert secured["identity"] == {"type": "SystemAssigned"}
    assert secured["properties"]["securityProfile"]["encryptionAtHost"] is True
    assert body(more, "extensions/AADSSHLoginForLinux").body["properties"]["publisher"].endswith("ActiveDirectory")


MINORS: dict[str, tuple[dict[str, Any], tuple[str, ...], str]] = {
    "of its clusters": ({}, ("1.32.4", "1.33"), "1.32 1.33"),
    "given": ({"jumpServer__kubernetesVersions": ["1.31"]}, ("1.33",), "1.31"),
}


@pytest.mark.parametrize("name", MINORS)
def test_kubectl_is_of_the_clusters_minor_versions(name: str) -> None:
    """Each minor version's kubectl is installed when the machine is made, which later versions never change."""
    changes, versions, minors = MINORS[name]
    clusters = tuple(cluster(f"c{at}", kubernetesVersion=version) for at, version in enumerate(versions))
    wanted = body(hub(**changes), "vm-jump-weu", Related(clusters=clusters))
    assert "customData" not in wanted.body["properties"]["osProfile"]
    text = base64.b64decode(wanted.initial["properties"]["osProfile"]["customData"]).decode()
    assert all(minor in text for minor in minors.split())


def test_machines_go_out_by_the_firewall_and_answer_gateways() -> None:
    """Everything goes to the firewall, but what a gateway's routes say: who comes from there is answered there."""
    fleet = Fleet(landscape("forwarders"))
    fleet.settle()
    table = fleet.azure.get(naming.hub_route_table(fleet.documents[HUB]))
    assert table is not None
    assert table["properties"].get("disableBgpRoutePropagation") is not True
    (route,) = table["properties"]["routes"]
    assert route["properties"]["nextHopIpAddress"] == fleet.documents[HUB].status.outputs["firewallPrivateIp"]
    network = fleet.azure.get(naming.hub_network(fleet.documents[HUB]))
    assert network is not None
    routed = {one["name"] for one in network["properties"]["subnets"] if "routeTable" in one["properties"]}
    assert routed == {naming.JUMP_SERVER_SUBNET, naming.DNS_FORWARDER_SUBNET}


def to_clusters(*spokes: Any, clusters: tuple[Any, ...]) -> list[Any]:
    """Return the firewall's rules by which spokes reach API servers elsewhere."""
    groups = hub_firewall.rules(hub(), Related(spokes=spokes, clusters=clusters))
    rules = [rule for group in groups for one in group.body["properties"]["ruleCollections"] for rule in one["rules"]]
    return [rule for rule in rules if rule["name"] == "api-servers"]


def standing(name: str, block: str, **spec: Any) -> Any:
    """Return a spoke whose network stands."""
    document = spoke(name, addressSpace=[block], **spec)
    status = document.status.model_copy(update={"outputs": {"virtualNetworkId": "x"}})
    return document.model_copy(update={"status": status})


def test_spokes_that_ask_reach_the_api_servers() -> None:
    """From their addresses to port 443 of the networks that have clusters, and nobody else's."""
    agents = standing("agents", "10.64.4.0/22", dns={"resolvesClusters": True})
    home, other = standing("payments", "10.64.0.0/22"), standing("other", "10.64.8.0/22")
    (rule,) = to_clusters(agents, home, other, clusters=(cluster(),))
    assert (rule["sourceAddresses"], rule["destinationAddresses"], rule["destinationPorts"]) == (
        ["10.64.4.0/22"],
        ["10.64.0.0/22"],
        ["443"],
    )
    assert to_clusters(home, other, clusters=(cluster(),)) == []
    assert to_clusters(agents, home, clusters=()) == []


def test_a_resolver_stays_while_the_firewall_asks_it() -> None:
    """The policy still names its endpoint: it goes with the look after the policy's change."""
    document = hub()
    subnet: Any = document.spec.subnets.dns_inbound
    address = str(subnet[4])
    asked = {"id": str(naming.firewall_policy(document)), "properties": {"dnsSettings": {"servers": [address]}}}
    resolver = naming.dns_resolver(document)
    kept = hub_dns.retired(document, Related(), Observed([asked]))
    gone = hub_dns.retired(document, Related(), Observed([]))
    assert resolver not in [piece for part in kept for piece in part]
    assert resolver in [piece for part in gone for piece in part]


NOW = Fleet([hub()]).documents[HUB]
ENDINGS: dict[str, tuple[dict[str, Any], tuple[Condition, ...], str, bool]] = {
    "servers": (
        {"dns": {"hub": [], "spokes": []}},
        (Condition(type=c.DNS_SERVERS_ANSWER, status="True", reason=c.DNS_SERVERS_PROVEN),),
        "True",
        True,
    ),
    "servers on their way": (
        {"dns": {"hub": [], "spokes": []}},
        (Condition(type=c.DNS_SERVERS_ANSWER, status="True", reason=c.DNS_CHANGING),),
        "Unknown",
        True,
    ),
    "a silent server": (
        {"dns": {"hub": [], "spokes": []}},
        (Condition(type=c.DNS_SERVERS_ANSWER, status="False", reason=c.DNS_SERVER_FAILS),),
        "False",
        True,
    ),
    "no servers any more": (
        {},
        (Condition(type=c.DNS_SERVERS_ANSWER, status="True", reason=c.AZURE_RESOLVER),),
        "True",
        False,
    ),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_how_a_hub_with_servers_ends(name: str) -> None:
    """Ready says what its servers do; a change is no degradation; what has no servers is not asked again for ever."""
    outputs, found, ready, kept = ENDINGS[name]
    now = datetime(2026, 1, 1, tzinfo=UTC)
    changes = {"outputs": outputs, "conditions": found, "verified_at": now}
    document = NOW.model_copy(update={"status": NOW.status.model_copy(update=changes)})
    status = verdict.conclude(document, Ending({}, ()), now)
    told = c.find(status.conditions, c.READY)
    assert told is not None
    assert told.status == ready
    assert (status.verified_at is not None) is kept


def test_no_jump_server_no_rules_for_one() -> None:
    """Without machines there is neither a table of theirs nor rules."""
    document = hub(jumpServer=ABSENT)
    assert list(hub_machines.way_out(document, {})) == []
    names = [
        rule["name"]
        for group in hub_firewall.rules(document, Related())
        for one in group.body["properties"]["ruleCollections"]
        for rule in one["rules"]
    ]
    assert not [name for name in names if name.startswith("machine-")]
