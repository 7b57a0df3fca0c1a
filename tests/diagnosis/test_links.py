"""Links that the simulator does not break: seen by a machine as the table says, judged by bodies made for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from shared.model import conditions
from shared.plan import diagnosis
from shared.plan.diagnosis import Asked
from shared.plan.diagnosis import BrokenLink as Link
from shared.plan.observed import Observed, Read
from shared.plan.probe import Connection, Probe, Resolution
from tests.diagnosis import mirror
from tests.diagnosis.mirror import APP, FORWARDER
from tests.simulator.topology.world import API, FIREWALL, NAME, ZONE, Landscape

Change = Callable[[Landscape], Any]
UNKNOWN_NAME = Probe(Resolution.NO_SUCH_NAME, (), "127.0.0.53", Connection.NO_NAME, "")
SILENCE = Probe(Resolution.NO_SERVER, (), "", Connection.NO_NAME, "")
FAILURE = Probe(Resolution.SERVER_FAILED, (), "127.0.0.53", Connection.NO_NAME, "")
TIMED_OUT = Probe(Resolution.RESOLVED, (API,), "127.0.0.53", Connection.TIMED_OUT, "")
REFUSED = replace(TIMED_OUT, connection=Connection.REFUSED)
PUBLIC_NAME = "payments-1.hcp.westeurope.azmk8s.io"
HUB = mirror.identity("virtualNetworks", "hub")
RIGHT = Asked(FORWARDER, HUB, Resolution.RESOLVED, (API,))
STALE = Asked(FORWARDER, HUB, Resolution.RESOLVED, ("10.64.0.99",))
CLUSTER = HUB.resource_group.resource("Microsoft.ContainerService/managedClusters", "payments")


def resolved(*addresses: str) -> Probe:
    """What a machine sees that got some addresses."""
    return Probe(Resolution.RESOLVED, addresses, "127.0.0.53", Connection.TIMED_OUT, "")


def sound(_: Landscape) -> None:
    """Break nothing."""


def access(**members: Any) -> Change:
    """Change how the API server is reached."""

    def do(land: Landscape) -> None:
        land.of_type(CLUSTER.type)[0].properties["apiServerAccessProfile"] = members

    return do


def space_grown(land: Landscape) -> None:
    """Let the hub's side of the peering know an older address space of the spoke than it has."""
    land.side("hub", "spoke")["remoteAddressSpace"] = {"addressPrefixes": ["10.64.8.0/24"]}


def link_state(state: str) -> Change:
    """Let the hub's link to the zone be in a state."""

    def do(land: Landscape) -> None:
        link = land.get(str(mirror.identity("privateDnsZones", ZONE).child("virtualNetworkLinks", "to-hub")))
        assert link is not None
        link.properties["virtualNetworkLinkState"] = state

    return do


def overlapping(land: Landscape) -> None:
    """Give the second spoke the cluster's address space, unpeered from it."""
    land.resources[land.vnet_id("apps").lower()].properties["addressSpace"] = {"addressPrefixes": ["10.64.0.0/16"]}


def routed_over_endpoint(policies: str) -> Change:
    """Lead the cluster's whole space to an appliance, and let routes count for endpoints or not."""

    def do(land: Landscape) -> None:
        land.subnet("spoke", "nodes").properties["privateEndpointNetworkPolicies"] = policies
        land.route("hub", "jump", "10.64.0.0/22", "VirtualAppliance", "10.9.9.9")

    return do


def inherited(*rules: dict[str, Any], action: str = "Deny") -> Change:
    """Give the firewall's policy a base that has a collection with rules."""

    def do(land: Landscape) -> None:
        base = land.add("firewallPolicies", "base")
        collection = {"name": "first", "priority": 900, "action": {"type": action}, "rules": list(rules)}
        land.add("firewallPolicies/ruleCollectionGroups", "base", "group", priority=900, ruleCollections=[collection])
        policy = land.get(str(mirror.identity("firewallPolicies", "policy")))
        assert policy is not None
        policy.properties["basePolicy"] = {"id": str(base.id)}

    return do


def guarded(vnet: str, subnet: str, **rule: Any) -> Change:
    """Give a subnet a group with one outbound rule that denies all, changed."""
    closed = {"priority": 200, "direction": "Outbound", "access": "Deny", "protocol": "*"}
    ends = {f"{end}AddressPrefix": "*" for end in ("source", "destination")} | {"destinationPortRange": "*"}
    return lambda land: land.guard(vnet, subnet, closed | ends | rule)


BY_NAME = {name: value for name, value in mirror.ALLOW_API.items() if name != "destinationAddresses"} | {
    "destinationFqdns": [NAME]
}
GROUPED = mirror.ALLOW_API | {"sourceAddresses": [], "sourceIpGroups": ["/subscriptions/x"]}
APPLICATION = {
    "ruleType": "ApplicationRule",
    "sourceAddresses": [f"{APP}/32"],
    "targetFqdns": ["*.azmk8s.io"],
    "protocols": [{"protocolType": "Https", "port": 443}],
}


def wildcard(land: Landscape) -> None:
    """Put a wildcard in the place of the API server's record."""
    land.zone(ZONE, {"*": "10.64.0.99"}, "hub")
    del land.resources[record_key("payments")]


def without_policy(land: Landscape, **members: Any) -> None:
    """Take the firewall's policy away."""
    firewall = land.of_type("Microsoft.Network/azureFirewalls")[0]
    firewall.properties.pop("firewallPolicy")
    firewall.properties.update(members)


def record_key(name: str) -> str:
    """The key of an A record."""
    return mirror.identity("privateDnsZones", ZONE).child("A", name).key


def link_key(of: str) -> str:
    """The key of a network's link."""
    return mirror.identity("privateDnsZones", ZONE).child("virtualNetworkLinks", f"to-{of}").key


@dataclass(frozen=True)
class Seen:
    """A machine, what it saw, what is broken and asked; the link, and words of the message or the mend."""

    machine: str
    probe: Probe
    link: Link
    words: tuple[str, ...]
    do: Change = sound
    case: dict[str, Any] = field(default_factory=dict)


TABLE: dict[str, Seen] = {
    # --- whom the machine asks
    "the machine asks an older server": Seen(
        "app", replace(UNKNOWN_NAME, resolver="10.9.9.9"), Link.WRONG_SERVERS, ("asks 10.9.9.9", "restart the machine")
    ),
    "the machine still asks a server, its network Azure": Seen(
        "jump", replace(UNKNOWN_NAME, resolver="10.9.9.9"), Link.WRONG_SERVERS, ("no DNS servers", "Azure's own")
    ),
    "Azure's resolver closed by its tag": Seen(
        "jump",
        SILENCE,
        Link.SECURITY_GROUP,
        ("AzurePlatformDNS", "hub-jump"),
        guarded("hub", "jump", destinationAddressPrefix="AzurePlatformDNS"),
    ),
    "Azure's resolver is past all other rules": Seen(
        "jump", SILENCE, Link.UNKNOWN, ("nslookup",), guarded("hub", "jump")
    ),
    "a server beside Azure's is wrong": Seen(
        "jump",
        replace(TIMED_OUT, connection=Connection.NOT_RUN),
        Link.ANSWER_CACHED,
        (FORWARDER, "10.64.0.99"),
        case={"servers": (STALE,)},
    ),
    # --- what servers answer
    "the server fails": Seen("app", FAILURE, Link.SERVER_FAILS, ("loop", "DNSSEC", ZONE)),
    "the server fails, and its network is not linked": Seen(
        "app",
        FAILURE,
        Link.SERVER_NETWORK_NOT_LINKED,
        ("not complete", "InProgress"),
        link_state("InProgress"),
    ),
    "the stub fails because no server is reached": Seen(
        "app", FAILURE, Link.SECURITY_GROUP, ("UDP 53", "apps-apps"), guarded("apps", "apps", destinationPortRange="53")
    ),
    "the server keeps an older answer": Seen(
        "app", resolved("10.64.0.99"), Link.ANSWER_CACHED, (FORWARDER, "10.64.0.99", "flush its cache")
    ),
    "the server answers from public DNS": Seen(
        "app", resolved("20.50.0.9"), Link.SERVER_DOES_NOT_FORWARD, ("20.50.0.9", "conditional forwarder")
    ),
    "all servers are right and the machine is not": Seen(
        "app",
        resolved("10.64.0.99"),
        Link.ANSWER_CACHED,
        ("resolvectl flush-caches", "/etc/hosts"),
        case={"servers": (RIGHT,)},
    ),
    "Azure is right and the machine is not": Seen(
        "jump", UNKNOWN_NAME, Link.ANSWER_CACHED, ("no such name", "time to live")
    ),
    "a zone of one cluster is forwarded by its region": Seen(
        "app",
        UNKNOWN_NAME,
        Link.SERVER_DOES_NOT_FORWARD,
        (f"conditional forwarder for {ZONE} to",),
        lambda land: land.zone(f"team.{ZONE}", {"payments": API}, "hub"),
        {"name": f"payments.team.{ZONE}", "zone": mirror.identity("privateDnsZones", f"team.{ZONE}")},
    ),
    # --- names
    "a wildcard is a record": Seen(
        "jump",
        resolved("10.64.0.99"),
        Link.RECORD_STALE,
        ("10.64.0.99", API),
        wildcard,
    ),
    "the zone is not known but seen": Seen(
        "jump",
        UNKNOWN_NAME,
        Link.NETWORK_NOT_LINKED,
        (ZONE,),
        lambda land: land.resources.pop(link_key("hub")),
        {"zone": None},
    ),
    "the public name is off": Seen(
        "jump",
        UNKNOWN_NAME,
        Link.PUBLIC_NAME_DISABLED,
        (PUBLIC_NAME, "--enable-public-fqdn"),
        access(enablePrivateClusterPublicFQDN=False),
        {"name": PUBLIC_NAME, "zone": None},
    ),
    "a server drops private addresses of public names": Seen(
        "app",
        UNKNOWN_NAME,
        Link.PRIVATE_ADDRESS_DROPPED,
        ("rebinding", "rebind-domain-ok"),
        case={"name": PUBLIC_NAME, "zone": None},
    ),
    # --- the way
    "an older address space is known": Seen(
        "jump", TIMED_OUT, Link.PEERING_NOT_IN_SYNC, ("to-spoke", "synchron"), space_grown
    ),
    "address spaces overlap": Seen("app", TIMED_OUT, Link.ROUTE, ("overlap", "virtual network apps"), overlapping),
    "a route takes the endpoint's place": Seen(
        "jump", TIMED_OUT, Link.ROUTE, ("10.9.9.9",), routed_over_endpoint("RouteTableEnabled")
    ),
    "a route does not take the endpoint's place": Seen(
        "jump", TIMED_OUT, Link.UNKNOWN, ("firewall's log",), routed_over_endpoint("Disabled")
    ),
    "a gateway's route": Seen(
        "app",
        TIMED_OUT,
        Link.ROUTE,
        ("a gateway", "to the firewall"),
        lambda land: land.route("apps", "apps", "0.0.0.0/0", "VirtualNetworkGateway"),
    ),
    "the base policy denies": Seen(
        "app",
        TIMED_OUT,
        Link.FIREWALL_RULE,
        ("rule collection first in group of firewall policy base",),
        inherited(mirror.ALLOW_API),
    ),
    "the base policy allows": Seen(
        "app", TIMED_OUT, Link.UNKNOWN, ("nothing that could be read",), inherited(mirror.ALLOW_API, action="Allow")
    ),
    "the rule names the API server": Seen(
        "app",
        TIMED_OUT,
        Link.UNKNOWN,
        ("firewall's log",),
        lambda land: land.firewall("hub", FIREWALL, [BY_NAME], proxy=True),
    ),
    "a rule by name without the DNS proxy": Seen(
        "app", TIMED_OUT, Link.FIREWALL_RULE, ("no rule",), lambda land: land.firewall("hub", FIREWALL, [BY_NAME])
    ),
    "an application rule names the API server": Seen(
        "app", TIMED_OUT, Link.UNKNOWN, ("firewall's log",), lambda land: land.firewall("hub", FIREWALL, [APPLICATION])
    ),
    "a group of addresses may hold it": Seen(
        "app", TIMED_OUT, Link.UNKNOWN, ("firewall's log",), lambda land: land.firewall("hub", FIREWALL, [GROUPED])
    ),
    "the firewall has no policy": Seen(
        "app", TIMED_OUT, Link.FIREWALL_RULE, ("neither a policy nor rules",), without_policy
    ),
    "the firewall has rules of its own": Seen(
        "app",
        TIMED_OUT,
        Link.UNKNOWN,
        ("firewall's log",),
        lambda land: without_policy(land, networkRuleCollections=[{"name": "own"}]),
    ),
    # --- the API server
    "nobody listens": Seen("jump", REFUSED, Link.API_SERVER_REFUSES, (API, "kube-apiserver")),
    "the cluster is gone": Seen(
        "jump",
        TIMED_OUT,
        Link.CLUSTER_MISSING,
        ("managed cluster payments",),
        lambda land: land.resources.pop(CLUSTER.key),
        {"cluster": CLUSTER},
    ),
    "the consumer's network is gone": Seen(
        "app",
        UNKNOWN_NAME,
        Link.NETWORK_MISSING,
        ("virtual network apps",),
        lambda land: land.resources.pop(land.vnet_id("apps").lower()),
    ),
    # --- what proves nothing
    "nothing was printed": Seen(
        "jump", replace(UNKNOWN_NAME, resolution=Resolution.NOT_RUN), Link.UNKNOWN, ("dnsutils",)
    ),
    "nc was not there": Seen(
        "jump", replace(TIMED_OUT, connection=Connection.NOT_RUN), Link.UNKNOWN, ("netcat-openbsd",)
    ),
    "programs do not resolve": Seen(
        "jump", replace(TIMED_OUT, connection=Connection.NO_NAME), Link.UNKNOWN, ("nsswitch.conf",)
    ),
    "nothing is broken that is seen": Seen("jump", TIMED_OUT, Link.UNKNOWN, ("firewall's log",)),
}


@pytest.mark.parametrize("name", TABLE)
def test_the_link_is_named(name: str) -> None:
    """What is broken is named with its resource, and with what to do; what cannot be told is not blamed."""
    seen = TABLE[name]
    case = replace(mirror.case(mirror.landscape(), seen.machine), probe=seen.probe, **seen.case)
    land = mirror.landscape()
    seen.do(land)
    found = diagnosis.diagnose(case, mirror.observed(land, asked=diagnosis.reads(case)))
    assert found is not None
    assert found.link is seen.link, found
    said = f"{found.message} {found.mend}"
    assert [words for words in seen.words if words not in said] == [], said


@pytest.mark.parametrize(
    ("machine", "probe"), [("jump", UNKNOWN_NAME), ("app", SILENCE), ("app", TIMED_OUT)], ids=["name", "server", "way"]
)
def test_what_was_not_read_is_not_blamed(machine: str, probe: Probe) -> None:
    """Where nothing could be read, the cause is unknown, or the server itself; no resource is said to be missing."""
    case = replace(mirror.case(mirror.landscape(), machine), probe=probe)
    found = diagnosis.diagnose(case, Observed())
    assert found is not None
    assert found.link in {Link.UNKNOWN, Link.SERVER_SILENT}


def test_only_what_may_matter_is_asked() -> None:
    """Where the name leads to the endpoint, no zone is asked for; where it does not, no cluster."""
    case = mirror.case(mirror.landscape(), "app")
    types = [{read.type for read in diagnosis.reads(replace(case, probe=probe))} for probe in (TIMED_OUT, UNKNOWN_NAME)]
    zones = {"Microsoft.Network/privateDnsZones", "Microsoft.Network/privateDnsZones/A"}
    assert [bool(zones & found) for found in types] == [False, True]
    assert ["Microsoft.ContainerService/managedClusters" in found for found in types] == [True, False]


def test_a_known_cluster_is_asked_for_by_its_id() -> None:
    """One read instead of a subscription's list."""
    case = replace(mirror.case(mirror.landscape(), "app"), probe=TIMED_OUT, cluster=CLUSTER)
    assert Read("", str(CLUSTER)) in diagnosis.reads(case)
    assert not [read for read in diagnosis.reads(case) if read.type == CLUSTER.type]


def test_the_values_of_links_are_reasons() -> None:
    """Conditions have them as reasons: in CamelCase, each once, each with its meaning, none that another has."""
    values = [link.value for link in Link]
    assert all(value.isalpha() and value[0].isupper() for value in values)
    assert len(set(values)) == len(values)
    assert set(diagnosis.MEANINGS) == set(Link)
    assert not set(values) & set(conditions.REASONS)
