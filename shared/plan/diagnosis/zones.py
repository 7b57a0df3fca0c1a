"""What Azure's own resolver finds when a network asks it: the linked zone with the longest name, and its records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from shared.plan.diagnosis import bodies
from shared.plan.diagnosis.link import BrokenLink, Diagnosis
from shared.plan.diagnosis.scene import candidates, label
from shared.plan.resources import private_dns_zone

if TYPE_CHECKING:
    from shared.model.resource_id import ResourceId
    from shared.plan.diagnosis.scene import Scene
    from shared.plan.observed import Observed
    from shared.plan.steps import Json

LINK_TYPE = f"{private_dns_zone.TYPE}/virtualNetworkLinks"
RECORD_TYPE = f"{private_dns_zone.TYPE}/A"
DONE = ("completed", "")


@dataclass(frozen=True, slots=True)
class Asking:
    """From which network Azure's resolver is asked: the machine's own, or that of the DNS server in between."""

    network: ResourceId | None
    """None: nobody knows; then links are not judged."""
    server: str = ""
    """The address of the server; empty: the machine asks by itself."""

    @property
    def words(self) -> str:
        """Who asks, in a message."""
        return f"DNS server {self.server}" if self.server else "the machine"


def obstacle(scene: Scene, zone: ResourceId, asking: Asking) -> Diagnosis | None:
    """Return the first thing that keeps the right address from being found; None where all is there."""
    if scene.observed.gone(zone):
        return _zone_missing(scene, zone)
    if scene.observed.get(zone) is None:
        return None  # It could not be read, so nothing is known.
    if asking.network is not None:
        unlinked = _unlinked(scene, zone, asking, asking.network)
        if unlinked is not None:
            return unlinked
    return _record(scene, zone)


def _unlinked(scene: Scene, zone: ResourceId, asking: Asking, network: ResourceId) -> Diagnosis | None:
    state = _link_state(scene.observed, zone, network)
    rivals = [found for found in candidates(scene.observed, scene.case.name) if found.key != zone.key]
    for rival in sorted(rivals, key=lambda found: len(found.name), reverse=True):
        linked = _is_done(_link_state(scene.observed, rival, network))
        longer = len(rival.name) > len(zone.name)
        if linked and (longer or (state is None and len(rival.name) == len(zone.name))):
            return _other_zone(zone, rival, asking, network)
    if state is None:
        return _not_linked(zone, asking, network)
    return None if _is_done(state) else _link_not_done(zone, asking, network, state)


def _link_state(observed: Observed, zone: ResourceId, network: ResourceId) -> str | None:
    """Return the state of a network's link to a zone; None where there is none."""
    for properties in _children(observed, zone, LINK_TYPE).values():
        target = bodies.reference(properties, "virtualNetwork")
        if target is not None and target.key == network.key:
            return bodies.text(properties.get("virtualNetworkLinkState"))
    return None


def _is_done(state: str | None) -> bool:
    return state is not None and state.lower() in DONE


def _children(observed: Observed, zone: ResourceId, type_: str) -> dict[str, dict[str, Json]]:
    """Return the properties of a zone's children of a type, by their names in lower case."""
    found = {}
    for body in observed.within(zone):
        child = bodies.parsed(body.get("id"))
        if child is not None and child.type.lower() == type_.lower():
            found[child.name.lower()] = bodies.bag(body)
    return found


def addresses(observed: Observed, zone: ResourceId, name: str) -> tuple[IPv4Address, ...] | None:
    """Return the addresses that a zone has for a name, wildcards too; None where it has no A record for it."""
    wanted = label(zone, name)
    records = _children(observed, zone, RECORD_TYPE)
    for candidate in _labels(wanted or ""):
        if candidate in records:
            entries = bodies.objects(records[candidate].get("aRecords"))
            found = (bodies.address(entry.get("ipv4Address")) for entry in entries)
            return tuple(address for address in found if address is not None)
    return None


def _labels(wanted: str) -> Iterator[str]:
    yield wanted
    parts = wanted.split(".")
    for at in range(1, len(parts) + 1):
        yield ".".join(("*", *parts[at:]))


def _record(scene: Scene, zone: ResourceId) -> Diagnosis | None:
    name, wanted = scene.case.name, label(zone, scene.case.name)
    if wanted is None:
        return None
    found = addresses(scene.observed, zone, name)
    right = scene.case.endpoint or "the private endpoint's address"
    if not found:
        return Diagnosis(
            BrokenLink.RECORD_MISSING,
            f"{bodies.placed(zone)} has no A record {wanted}, so nobody resolves {name}",
            f"add an A record {wanted} with {right} to it",
        )
    if scene.case.endpoint is None or scene.right(tuple(map(str, found))):
        return None
    held = ", ".join(map(str, found))
    return Diagnosis(
        BrokenLink.RECORD_STALE,
        f"A record {wanted} of {bodies.placed(zone)} has {held}, but the private endpoint has {right}",
        f"set A record {wanted} to {right}",
    )


def _zone_missing(scene: Scene, zone: ResourceId) -> Diagnosis:
    case = scene.case
    networks = {network.key: network.name for network in (case.hub, case.home)}
    return Diagnosis(
        BrokenLink.ZONE_MISSING,
        f"{bodies.placed(zone)} is not there, so nobody resolves {case.name}",
        f"make it anew with an A record {label(zone, case.name) or case.name} for "
        f"{case.endpoint or 'the private endpoint'}, and link it to {', '.join(networks.values())} and to every "
        "network in which a DNS server for it stands",
    )


def _other_zone(zone: ResourceId, rival: ResourceId, asking: Asking, network: ResourceId) -> Diagnosis:
    where = f"virtual network {network.name}, where {asking.words} asks,"
    mend = f"remove the link to {network.name} from {bodies.placed(rival)}"
    if rival.name.lower() != zone.name.lower():
        why = (
            f"{where} is linked to {bodies.placed(rival)} too, whose longer name wins, and the record is in {zone.name}"
        )
        return Diagnosis(BrokenLink.OTHER_ZONE_LINKED, why, mend)
    return Diagnosis(
        BrokenLink.OTHER_ZONE_LINKED,
        f"{where} is linked to {bodies.placed(rival)} instead of the one of that name in resource group {zone.group}",
        f"{mend}, and link the one in resource group {zone.group}: a network can be linked to one zone of a name",
    )


def _which(asking: Asking) -> BrokenLink:
    return BrokenLink.SERVER_NETWORK_NOT_LINKED if asking.server else BrokenLink.NETWORK_NOT_LINKED


def _not_linked(zone: ResourceId, asking: Asking, network: ResourceId) -> Diagnosis:
    return Diagnosis(
        _which(asking),
        f"{bodies.placed(zone)} is not linked to virtual network {network.name}, where {asking.words} asks",
        f"add a virtual network link to {network.name} in {bodies.placed(zone)}, without automatic registration",
    )


def _link_not_done(zone: ResourceId, asking: Asking, network: ResourceId, state: str) -> Diagnosis:
    return Diagnosis(
        _which(asking),
        f"the link of {bodies.placed(zone)} to virtual network {network.name}, where {asking.words} asks, is not "
        f"complete: it is {bodies.shown(state)}",
        "wait a minute; if it stays so, delete the link and make it anew",
    )
