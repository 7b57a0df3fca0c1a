"""Private DNS zones: which one answers for a name in a virtual network, and what it holds."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from local.simulator.topology.answers import Resolution, inside
from local.simulator.topology.evidence import Evidence
from local.simulator.topology.view import LINK, VM, ZONE, reference, seat_of_vm

if TYPE_CHECKING:
    from local.simulator.resource import Json, Resource
    from local.simulator.topology.view import View


def linked_zone(view: View, vnet: str, name: str) -> tuple[Resource, Resource] | None:
    """Find the longest zone that holds a name and is linked to a network, and the link."""
    found: list[tuple[Resource, Resource]] = []
    for link in view.of_type(LINK):
        if reference(link.properties, "virtualNetwork").lower() != vnet or not _is_complete(link):
            continue
        zone = view.get(str(link.id.parent))
        if zone is not None and inside(name, zone.name):
            found.append((zone, link))
    return max(found, key=lambda pair: len(pair[0].name), default=None)


def unlinked_zone(view: View, name: str) -> Resource | None:
    """Find a zone that would hold the name, were it linked."""
    zones = [zone for zone in view.of_type(ZONE) if inside(name, zone.name)]
    return max(zones, key=lambda zone: len(zone.name), default=None)


def answer_in_zone(view: View, zone: Resource, link: Resource, name: str) -> Resolution:
    """Answer from the records of a zone: exact ones, then wildcards, then machines that registered."""
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


def _is_complete(link: Resource) -> bool:
    return bool(link.properties.get("virtualNetworkLinkState", "Completed") == "Completed")


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
    for vm in view.of_type(VM):
        seat = seat_of_vm(view, vm)
        computer = str((vm.properties.get("osProfile") or {}).get("computerName") or vm.name)
        if seat and seat.vnet == vnet and computer.lower() == label:
            return seat.address
    return None
