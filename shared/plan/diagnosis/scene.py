"""A case together with what was observed around it: the questions that the judgements ask of the two."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING

from shared.plan import probe
from shared.plan.diagnosis import bodies, flow, networks
from shared.plan.resources import private_dns_zone

if TYPE_CHECKING:
    from shared.model.resource_id import ResourceId
    from shared.plan.diagnosis.case import Case
    from shared.plan.diagnosis.networks import Network, Subnet
    from shared.plan.observed import Observed
    from shared.plan.steps import Json


@dataclass(frozen=True, slots=True)
class Seat:
    """Where an end of a connection sits; what is not known of it is None."""

    network: Network | None
    subnet: Subnet | None
    address: IPv4Address | None

    @property
    def source(self) -> IPv4Network:
        """The narrowest range that its address is known to be in."""
        if self.address is not None:
            return flow.single(self.address)
        known = (self.subnet.prefixes if self.subnet else ()) or (self.network.space if self.network else ())
        return known[0] if len(known) == 1 else flow.EVERYTHING

    @property
    def words(self) -> str:
        """What it is called in a message."""
        if self.subnet is not None:
            return self.subnet.words
        return self.network.words if self.network is not None else "the network"


@dataclass(frozen=True, slots=True)
class Scene:
    """A case and what was observed."""

    case: Case
    observed: Observed

    def network(self, wanted: ResourceId) -> Network | None:
        """Return a virtual network."""
        return networks.read(self.observed, wanted)

    def known_networks(self) -> Iterator[Network]:
        """Yield the networks that the case names, each once."""
        for wanted in named_networks(self.case):
            found = self.network(wanted)
            if found is not None:
                yield found

    def network_of(self, address: IPv4Address, preferred: ResourceId | None = None) -> Network | None:
        """Return the network of an address: the preferred one whatever it holds, else one that the case names."""
        if preferred is not None:
            return self.network(preferred)
        return next((network for network in self.known_networks() if network.holds(address)), None)

    @property
    def zone(self) -> ResourceId | None:
        """The private zone of the name; where the case does not know it, the one with the longest name that fits."""
        if self.case.zone is not None or not is_private_name(self.case.name):
            return self.case.zone
        return max(candidates(self.observed, self.case.name), key=lambda zone: len(zone.name), default=None)

    @property
    def endpoint(self) -> IPv4Address | None:
        """The private endpoint's address; where nobody knows it, what the name resolved to."""
        return bodies.address(self.case.endpoint or "".join(self.case.probe.addresses[:1]))

    def consumer(self) -> Seat:
        """Return where the machine sits."""
        network, address = self.network(self.case.consumer), bodies.address(self.case.address)
        if network is None:
            return Seat(None, None, address)
        subnet = network.subnet(self.case.subnet) if self.case.subnet is not None else None
        if subnet is None and address is not None:
            subnet = network.subnet_of(address)
        return Seat(network, subnet or network.alike(), address)

    def interface(self, seat: Seat) -> dict[str, Json]:
        """Return the properties of the network interface that has a seat's address; empty where it was not read."""
        if seat.subnet is None or seat.address is None:
            return {}
        for properties in self._interfaces():
            for _, inside in bodies.items(properties.get("ipConfigurations")):
                subnet = bodies.reference(inside, "subnet")
                held = bodies.address(inside.get("privateIPAddress"))
                if held == seat.address and subnet is not None and subnet.key == seat.subnet.id.key:
                    return properties
        return {}

    def forwards(self, address: IPv4Address) -> bool | None:
        """Say whether the interface with an address forwards what is not for it; None where no such one was read."""
        for properties in self._interfaces():
            for _, inside in bodies.items(properties.get("ipConfigurations")):
                if bodies.address(inside.get("privateIPAddress")) == address:
                    return properties.get("enableIPForwarding") is True
        return None

    def _interfaces(self) -> Iterator[dict[str, Json]]:
        for body in self.observed:
            found = bodies.parsed(body.get("id"))
            if found is not None and found.type.lower() == networks.INTERFACE:
                yield bodies.bag(body)

    def right(self, addresses: tuple[str, ...]) -> bool:
        """Say whether an answer is the one that leads to the private endpoint."""
        case = self.case
        parts = tuple(address for address in addresses if bodies.address(address) is not None)
        answer = probe.Probe(probe.Resolution.RESOLVED, parts, "", probe.Connection.NOT_RUN, "")
        return bool(parts) and probe.resolvable(answer, case.name, case.endpoint).holds


def is_private_name(name: str) -> bool:
    """Say whether a name is one that private zones hold."""
    return ".privatelink." in name.lower()


def candidates(observed: Observed, name: str) -> tuple[ResourceId, ...]:
    """Return the zones that were seen and that a name is in."""
    seen = (bodies.parsed(body.get("id")) for body in observed)
    zones = {zone.key: zone for zone in seen if zone is not None and zone.type.lower() == private_dns_zone.TYPE.lower()}
    return tuple(zone for zone in zones.values() if label(zone, name) is not None)


def label(zone: ResourceId, name: str) -> str | None:
    """Return a name's part before its zone, `@` for the zone itself; None where it is not in the zone."""
    name, suffix = name.lower().rstrip("."), zone.name.lower()
    if name == suffix:
        return "@"
    return name.removesuffix(f".{suffix}") if name.endswith(f".{suffix}") else None


def named_networks(case: Case) -> tuple[ResourceId, ...]:
    """Return the virtual networks that a case names, each once."""
    wanted = (case.consumer, case.home, case.hub, *(asked.network for asked in case.servers))
    return tuple({network.key: network for network in wanted if network is not None}.values())
