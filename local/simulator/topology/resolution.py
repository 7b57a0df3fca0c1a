"""Name resolution as a machine in the simulated network sees it: whom it asks, and what that server knows.

Azure's own resolver (168.63.129.16) answers from the private zones that are linked to the VNet that asks, the
longest zone first, and never falls back to public DNS inside such a zone unless the link says so. A custom server
answers from the links of ITS VNet.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Literal

from local.simulator.topology import listeners, public_names
from local.simulator.topology.evidence import Chain, Evidence
from local.simulator.topology.firewall import dns_servers_of
from local.simulator.topology.reachability import connect
from local.simulator.topology.security import Flow
from local.simulator.topology.view import CLUSTER, FIREWALL, LINK, ZONE, Seat, reference, seat_of_vm

if TYPE_CHECKING:
    from local.simulator.resource import Json, Resource
    from local.simulator.topology.view import View

AZURE_DNS = IPv4Address("168.63.129.16")
_MAX_ALIASES = 8
_MAX_FORWARDS = 4

Status = Literal["NOERROR", "NXDOMAIN", "SERVFAIL", "REFUSED", "TIMEOUT"]


@dataclass(frozen=True, slots=True)
class Resolution:
    """A server's answer: addresses (NOERROR without any: the name has no A record), aliases on the way, evidence."""

    status: Status
    name: str
    server: IPv4Address = AZURE_DNS
    addresses: tuple[IPv4Address, ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()
    chain: Chain = field(default=())

    @property
    def found(self) -> bool:
        """Whether there is an address."""
        return bool(self.addresses)


def resolve(view: View, seat: Seat, name: str, server: IPv4Address | None = None) -> Resolution:
    """Resolve a name from a seat: by the given server, or by those of its NIC or VNet, one after the other."""
    name = name.rstrip(".")
    servers = [server] if server else servers_of(view, seat)
    answer = Resolution("TIMEOUT", name)
    for candidate in servers:
        answer = _ask(view, seat, candidate, name, _MAX_FORWARDS)
        if answer.status != "TIMEOUT":
            break
    return answer


def servers_of(view: View, seat: Seat) -> list[IPv4Address]:
    """List the DNS servers that a machine gets: its NIC's, else its VNet's, else Azure's."""
    nic, vnet = view.get(seat.nic) if seat.nic else None, view.get(seat.vnet)
    own = ((nic.properties.get("dnsSettings") if nic else None) or {}).get("dnsServers")
    shared = ((vnet.properties.get("dhcpOptions") if vnet else None) or {}).get("dnsServers")
    return [IPv4Address(text) for text in own or shared or (str(AZURE_DNS),)]


def _ask(view: View, seat: Seat, server: IPv4Address, name: str, forwards: int) -> Resolution:
    if server == AZURE_DNS:
        return _azure(view, seat.vnet, name)
    if not forwards:
        return Resolution("SERVFAIL", name, server, chain=(Evidence("dns-server", holds=False, detail="loop"),))
    reach = connect(view, seat, server, listeners.DNS_PORT, protocol="Udp")
    if not reach.open:
        failed = Evidence("dns-server", holds=False, detail=f"{server} does not answer {seat.address}")
        return Resolution("TIMEOUT", name, server, chain=(*reach.chain, failed))
    flow = Flow(seat.address, server, listeners.DNS_PORT, "Udp")
    found = listeners.owner_within_reach(view, seat.vnet, flow)
    if found is None:
        return _public(view, name, server, reach.chain)
    owner, place = found
    asked = Evidence(
        "dns-server", holds=True, detail=f"{owner.name} ({server}) asks from {place.vnet.rsplit('/', 1)[-1]}"
    )
    return _forward(view, owner, place, name, server, (*reach.chain, asked), forwards)


def _forward(
    view: View, owner: Resource, place: Seat, name: str, server: IPv4Address, chain: Chain, forwards: int
) -> Resolution:
    upstream = dns_servers_of(view, owner) if owner.id.type == FIREWALL else None
    answer = Resolution("SERVFAIL", name)
    for text in upstream or [str(AZURE_DNS)]:
        answer = _ask(view, place, IPv4Address(text), name, forwards - 1)
        if answer.status != "TIMEOUT":
            break
    status: Status = "SERVFAIL" if answer.status == "TIMEOUT" else answer.status
    return Resolution(status, name, server, answer.addresses, answer.aliases, (*chain, *answer.chain))


def _azure(view: View, vnet: str, name: str) -> Resolution:
    """Answer as 168.63.129.16 does, following aliases through zones and public DNS."""
    aliases: list[tuple[str, str]] = []
    chain: list[Evidence] = []
    wanted = name
    for _ in range(_MAX_ALIASES):
        step = _azure_once(view, vnet, wanted)
        chain.extend(step.chain)
        if not step.aliases:
            return Resolution(step.status, name, AZURE_DNS, step.addresses, tuple(aliases), tuple(chain))
        aliases.extend(step.aliases)
        wanted = step.aliases[-1][1]
    return Resolution("SERVFAIL", name, AZURE_DNS, (), tuple(aliases), tuple(chain))


def _azure_once(view: View, vnet: str, name: str) -> Resolution:
    best = _linked_zone(view, vnet, name)
    where = vnet.rsplit("/", 1)[-1]
    if best is None:
        missing = _unlinked_zone(view, name)
        if missing is None:
            return _public(view, name, AZURE_DNS, ())
        gap = Evidence("zone-link", holds=False, detail=f"zone {missing.name} is not linked to {where}")
        return _public(view, name, AZURE_DNS, (gap,))
    zone, link = best
    linked = Evidence("zone-link", holds=True, detail=f"{link.name} links {zone.name} to {where}")
    answer = _in_zone(view, zone, link, name)
    if answer.status == "NXDOMAIN" and link.properties.get("resolutionPolicy") == "NxDomainRedirect":
        return _public(view, name, AZURE_DNS, (linked, *answer.chain))
    return Resolution(answer.status, name, AZURE_DNS, answer.addresses, answer.aliases, (linked, *answer.chain))


def _linked_zone(view: View, vnet: str, name: str) -> tuple[Resource, Resource] | None:
    found: list[tuple[Resource, Resource]] = []
    for link in view.of_type(LINK):
        if reference(link.properties, "virtualNetwork").lower() != vnet or not _is_complete(link):
            continue
        zone = view.get(str(link.id.parent))
        if zone is not None and _inside(name, zone.name):
            found.append((zone, link))
    return max(found, key=lambda pair: len(pair[0].name), default=None)


def _is_complete(link: Resource) -> bool:
    return bool(link.properties.get("virtualNetworkLinkState", "Completed") == "Completed")


def _unlinked_zone(view: View, name: str) -> Resource | None:
    zones = [zone for zone in view.of_type(ZONE) if _inside(name, zone.name)]
    return max(zones, key=lambda zone: len(zone.name), default=None)


def _inside(name: str, zone: str) -> bool:
    name, zone = name.lower(), zone.lower()
    return name == zone or name.endswith("." + zone)


def _in_zone(view: View, zone: Resource, link: Resource, name: str) -> Resolution:
    label = name[: -len(zone.name)].rstrip(".").lower() or "@"
    for candidate in (label, *_wildcards(label)):
        for record_type in ("A", "CNAME"):
            for record in view.children(zone.id, f"{ZONE}/{record_type}"):
                if record.name.lower() == candidate:
                    return _from_record(name, zone, record_type, record.properties)
    machine = _registered(view, link, label)
    if machine is not None:
        detail = f"{label} is registered in {zone.name}"
        return Resolution("NOERROR", name, addresses=(machine,), chain=(Evidence("record", holds=True, detail=detail),))
    missing = Evidence("record", holds=False, detail=f"{zone.name} has no record {label}")
    return Resolution("NOERROR" if label == "@" else "NXDOMAIN", name, chain=(missing,))


def _wildcards(label: str) -> list[str]:
    parts = label.split(".")
    return ["*" + "".join(f".{part}" for part in parts[at:]) for at in range(1, len(parts) + 1)]


def _from_record(name: str, zone: Resource, record_type: str, properties: Json) -> Resolution:
    held = Evidence("record", holds=True, detail=f"{record_type} record of {name} in {zone.name}")
    if record_type == "CNAME":
        target = str((properties.get("cnameRecord") or {}).get("cname", "")).rstrip(".")
        return Resolution("NOERROR", name, aliases=((name, target),), chain=(held,))
    entries = properties.get("aRecords") or ()
    return Resolution("NOERROR", name, addresses=tuple(IPv4Address(e["ipv4Address"]) for e in entries), chain=(held,))


def _registered(view: View, link: Resource, label: str) -> IPv4Address | None:
    """Find a machine that registered itself over a link with registration."""
    if not link.properties.get("registrationEnabled"):
        return None
    vnet = reference(link.properties, "virtualNetwork").lower()
    for vm in view.of_type("Microsoft.Compute/virtualMachines"):
        seat = seat_of_vm(view, vm)
        computer = str((vm.properties.get("osProfile") or {}).get("computerName") or vm.name)
        if seat and seat.vnet == vnet and computer.lower() == label:
            return seat.address
    return None


def _public(view: View, name: str, server: IPv4Address, chain: Chain) -> Resolution:
    """Answer from public DNS, which knows the public names of API servers too."""
    for cluster in view.of_type(CLUSTER):
        if str(cluster.properties.get("fqdn", "")).lower() == name.lower():
            address = _public_api_server(cluster, name)
            known = Evidence("public-dns", holds=True, detail=f"public name of {cluster.name}")
            return Resolution("NOERROR", name, server, (address,), (), (*chain, known))
    if public_names.exists(name):
        known = Evidence("public-dns", holds=True, detail=f"{name} is a public name")
        return Resolution("NOERROR", name, server, (public_names.address_of(name),), (), (*chain, known))
    unknown = Evidence("public-dns", holds=False, detail=f"public DNS has no {name}")
    return Resolution("NXDOMAIN", name, server, chain=(*chain, unknown))


def _public_api_server(cluster: Resource, name: str) -> IPv4Address:
    """A private cluster's public name leads to its private address."""
    private = cluster.state.get("privateIp")
    profile = cluster.properties.get("apiServerAccessProfile") or {}
    if profile.get("enablePrivateCluster") and private:
        return IPv4Address(str(private))
    return public_names.address_of(name)
