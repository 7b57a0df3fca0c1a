"""Which DNS servers a hub's networks have, where these stand, and what they forward.

Addresses are static, so that they are known before anything exists: a network is pointed at them, and on-premises is
told of them, long before a machine could be asked for its address.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, ip_address
from typing import TYPE_CHECKING

from shared.model import naming
from shared.model.dns import CLUSTERS_ZONE
from shared.model.resource_id import ResourceId
from shared.plan.dns.forwarding import AZURE_DNS, Forwarding

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.model.hub import Hub
    from shared.model.spoke import Spoke
    from shared.plan.steps import Json

FIRST_USABLE = 4
"""The first address of a subnet that Azure does not keep for itself."""

MOST_FORWARDERS = 2

PRIVATE = tuple(map(IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")))
"""Ranges that are nobody's on the internet (RFC 1918, RFC 6598)."""


@dataclass(frozen=True, slots=True)
class Servers:
    """The DNS servers of the hub's network and of the spokes' networks; empty: Azure's own resolver."""

    hub: tuple[str, ...] = ()
    spokes: tuple[str, ...] = ()

    def to_json(self) -> Json:
        """Return the stored form."""
        return {"hub": list(self.hub), "spokes": list(self.spokes)}

    @classmethod
    def from_json(cls, value: Json) -> Servers:
        """Read the stored form."""
        return cls(tuple(value["hub"]), tuple(value["spokes"]))

    @property
    def all(self) -> tuple[str, ...]:
        """Every address, once."""
        return tuple(dict.fromkeys((*self.hub, *self.spokes)))


def forwarder_addresses(hub: Hub) -> tuple[str, ...]:
    """Return the addresses of all forwarders that there may be, whatever the document asks for now."""
    subnet = hub.spec.subnets.dns_forwarder
    return () if subnet is None else tuple(str(subnet[FIRST_USABLE + at]) for at in range(MOST_FORWARDERS))


def forwarders(hub: Hub) -> tuple[str, ...]:
    """Return the addresses of the machines that forward, whether or not they are the mode."""
    spec = hub.spec.dns.forwarder
    return () if spec is None else forwarder_addresses(hub)[: spec.count]


def endpoint_addresses(hub: Hub) -> tuple[str, ...]:
    """Return the address that the resolver's inbound endpoint has, or would have."""
    subnet = hub.spec.subnets.dns_inbound
    return () if subnet is None else (str(subnet[FIRST_USABLE]),)


def inbound(hub: Hub) -> tuple[str, ...]:
    """Return the address of the resolver's inbound endpoint, where that is the mode."""
    return endpoint_addresses(hub) if hub.spec.dns.mode == "resolver" else ()


def direct(hub: Hub) -> tuple[str, ...]:
    """Return the servers of the mode themselves, without the firewall in front of them."""
    match hub.spec.dns.mode:
        case "forwarder":
            return forwarders(hub)
        case "resolver":
            return inbound(hub)
        case "external":
            return tuple(map(str, hub.spec.dns.custom_servers))
        case _:
            return ()


def wanted(hub: Hub) -> Servers | None:
    """Return the servers that networks should have; None while the firewall, which spokes ask, has no address."""
    servers = direct(hub)
    # The resolver's own network asks Azure, which has its rules there: the endpoint would only ask the same.
    of_hub = () if hub.spec.dns.mode == "resolver" else servers
    if not hub.spec.dns.via_firewall:
        return Servers(of_hub, servers)
    address = hub.status.outputs.get("firewallPrivateIp")
    return None if address is None else Servers(of_hub, (str(address),))


def to_prove(hub: Hub) -> tuple[str, ...]:
    """Return every address that has to answer before a network is pointed at what is wanted."""
    target = wanted(hub) or Servers()
    return tuple(dict.fromkeys((*direct(hub), *target.all)))


def inbound_addresses(hub: Hub) -> tuple[str, ...]:
    """Return the addresses at which on-premises asks: the mode's servers, or machines of ours beside those of others.

    Servers of others may stand on-premises themselves, and would be told to ask each other.
    """
    beside = forwarders(hub)
    return beside if beside and hub.spec.dns.mode in ("azure", "external") else direct(hub)


def network_of(hub: Hub, address: str) -> ResourceId | None:
    """Return the virtual network in which a server stands, where that is known; somebody's own may be IPv6."""
    if any(ip_address(address) in block for block in hub.spec.address_space):
        return naming.hub_network(hub)
    given = hub.spec.dns.server_networks
    return ResourceId.parse(given[0]) if len(given) == 1 else None


def linked_networks(hub: Hub, spokes: Iterable[Spoke]) -> tuple[ResourceId, ...]:
    """Return the networks that every private zone has to be linked to, beside the cluster's own, which AKS links.

    The hub's; those of external servers; and spokes that are to resolve all clusters, whoever their server is: it may
    become Azure's own resolver, which answers by links.
    """
    found = [naming.hub_network(hub), *map(ResourceId.parse, hub.spec.dns.server_networks)]
    found += [naming.spoke_network(spoke, hub) for spoke in spokes if asks(spoke)]
    return tuple({network.key: network for network in found}.values())


def asks(spoke: Spoke) -> bool:
    """Say whether machines of a spoke are to resolve all clusters, and its network is there to be linked."""
    return spoke.spec.dns.resolves_clusters and spoke.has_network


def zones_for_on_premises(hub: Hub) -> tuple[str, ...]:
    """Return the zones that servers on-premises forward: the region's, never a cluster's own below it."""
    return tuple(dict.fromkeys((naming.private_dns_zone_name(hub.spec.location), *hub.spec.dns.forwarded_zones)))


def forwarding(hub: Hub) -> Forwarding:
    """Return what the hub's forwarders do.

    Who may ask is coarse here, whoever is no stranger: the security group in front of them knows the exact ranges, and
    a new spoke must not make the machines anew.
    """
    dns, spec = hub.spec.dns, hub.spec.dns.forwarder
    pool = () if hub.spec.spoke_pool is None else (hub.spec.spoke_pool,)
    return Forwarding(
        private_zones=tuple(dict.fromkeys((CLUSTERS_ZONE, *dns.forwarded_zones))),
        upstream=(AZURE_DNS,) if spec is None or not spec.upstream else spec.upstream,
        on_premises_domains=dns.on_premises_domains,
        on_premises_servers=dns.on_premises_servers,
        allowed=tuple(dict.fromkeys((*PRIVATE, *hub.spec.address_space, *pool, *dns.on_premises_ranges))),
    )
