"""Links of a private DNS zone to the networks that have to resolve its names, beside the ones that AKS makes.

Azure allows one zone of a name per network: who is linked to another one already is found before Azure refuses.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from shared.model import conditions, naming
from shared.model.resource_id import ResourceId, same
from shared.plan.documents import ownership
from shared.plan.observed import Read
from shared.plan.resources import virtual_network_link
from shared.plan.steps import DEPENDENTS, Wait, lookup

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from shared.plan.desired import Desired
    from shared.plan.observed import Observed
    from shared.plan.steps import Json

OF_NETWORK = "Microsoft.Network/virtualNetworks/privateDnsZoneLinks"
"""A question that is no type of Azure's: the links of all zones to one network, whoever's they are."""


def desired(
    zone: ResourceId,
    networks: Iterable[ResourceId],
    marks: Mapping[str, str],
    observed: Observed,
    *,
    blocked: Wait | None = None,
) -> Iterator[Desired]:
    """Yield the zone's links to networks, but where somebody else made one."""
    links = of_zone(observed, zone)
    taken = {str(link["name"]).lower() for link in links}
    for network in networks:
        there = next((link for link in links if leads_to(link, network)), None)
        if there is not None and not is_ours(there):
            continue
        name = str(there["name"]) if there is not None else _fresh(taken, network)
        taken.add(name.lower())
        link = virtual_network_link.desired(zone, name, network, marks, tells=(DEPENDENTS,))
        yield replace(link, blocked=blocked or (_taken(zone, network, observed) if there is None else None))


def _fresh(taken: set[str], network: ResourceId) -> str:
    return naming.onboarded_name(str(network)) if network.name.lower() in taken else network.name


def _taken(zone: ResourceId, network: ResourceId, observed: Observed) -> Wait | None:
    """Return why the link cannot be made: the network is linked to another zone of the same name."""
    rival = rival_of(zone, network, observed)
    if rival is None:
        return None
    message = f"network {network.name} is linked to {rival}, and Azure allows one zone of a name, so not {zone}"
    advice = "name that zone in the document (dns.zoneId of the hub, privateDns.zoneId of the cluster)"
    return Wait(conditions.ZONE_NAME_TAKEN, f"{message}; {advice}, or remove its link")


def rival_of(zone: ResourceId, network: ResourceId, observed: Observed) -> ResourceId | None:
    """Return another zone of the same name that the network is linked to, where that was seen."""
    zones = (ResourceId.parse(str(link["id"])).parent for link in all_of(observed) if leads_to(link, network))
    return next((found for found in zones if found.name.lower() == zone.name.lower() and found.key != zone.key), None)


def further_reads(zone: ResourceId, networks: Iterable[ResourceId], observed: Observed) -> Iterator[Read]:
    """Yield the question about rivals, for networks to which a link of ours is still to be made."""
    links = of_zone(observed, zone)
    for network in networks:
        if not any(leads_to(link, network) for link in links):
            yield Read(OF_NETWORK, str(network))


def made(zone: ResourceId, network: ResourceId, observed: Observed) -> Json | None:
    """Return the link of the zone to a network, whoever made it."""
    return next((link for link in of_zone(observed, zone) if leads_to(link, network)), None)


def of_zone(observed: Observed, zone: ResourceId) -> list[Json]:
    """Return the zone's links."""
    return [body for body in observed.within(zone) if _is_link(body)]


def all_of(observed: Observed) -> list[Json]:
    """Return the links of every zone that was seen."""
    return [body for body in observed if _is_link(body)]


def _is_link(body: Json) -> bool:
    return ResourceId.parse(str(body["id"])).type.lower() == virtual_network_link.TYPE.lower()


def leads_to(link: Json, network: ResourceId) -> bool:
    """Say whether a link is one to this network."""
    return same(str(lookup(link, "properties.virtualNetwork.id")), str(network))


def is_ours(link: Json) -> bool:
    """Say whether a link is one that we made."""
    return (link.get("tags") or {}).get(ownership.MANAGED_BY) == ownership.OURS
