"""What has to be asked of Azure for a diagnosis: first by what the case names, then by what the answers name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from shared.plan import probe
from shared.plan.diagnosis import bodies, firewall_rules, firewalls, zones
from shared.plan.diagnosis.scene import Scene, candidates, is_private_name, named_networks
from shared.plan.observed import Observed, Read
from shared.plan.resources import (
    managed_cluster,
    network_interface,
    network_security_group,
    private_dns_zone,
    rule_collection_group,
    virtual_network_link,
)

if TYPE_CHECKING:
    from shared.model.resource_id import ResourceId
    from shared.plan.diagnosis.case import Case
    from shared.plan.diagnosis.networks import Subnet


def resolves(case: Case) -> bool:
    """Say whether the name led the machine to the private endpoint."""
    return probe.resolvable(case.probe, case.name, case.endpoint).holds


def healthy(case: Case) -> bool:
    """Say whether nothing is wrong."""
    return resolves(case) and probe.reachable(case.probe, case.name).holds


def reads(case: Case) -> tuple[Read, ...]:
    """Return the questions that the diagnosis needs, each once; none where nothing is wrong.

    Some are about other people's subscriptions: one that is denied may be left out, then less is found.
    """
    return () if healthy(case) else _once(_reads(case))


def further_reads(case: Case, observed: Observed) -> tuple[Read, ...]:
    """Return what the answers name: security groups, routes and interfaces of subnets, other zones, base policies."""
    return () if healthy(case) else _once(_further(Scene(case, observed)))


def _once(found: Iterable[Read]) -> tuple[Read, ...]:
    return tuple({(read.type.lower(), read.scope.lower()): read for read in found}.values())


def _one(resource: ResourceId) -> Read:
    return Read("", str(resource))


def _reads(case: Case) -> Iterator[Read]:
    yield from map(_one, named_networks(case))
    if case.firewall is not None:
        yield _one(case.firewall)
    if case.firewall_policy is not None:
        yield from _policy(case.firewall_policy)
    if _zones_matter(case):
        given = () if case.zone is None else (case.zone,)
        for zone in given:
            yield from _zone(zone)
        subscriptions = (place.subscription for place in (*given, *named_networks(case)))
        yield from (Read(private_dns_zone.TYPE, f"/subscriptions/{one}") for one in subscriptions)
    if case.cluster is not None:
        yield _one(case.cluster)
    elif case.zone is None or resolves(case):
        yield Read(managed_cluster.TYPE, f"/subscriptions/{case.home.subscription}")


def _zones_matter(case: Case) -> bool:
    """Say whether a private zone decides: also where the name itself is right, but a server that was asked is not."""
    if case.zone is None and not is_private_name(case.name):
        return False
    return not resolves(case) or case.probe.connection is probe.Connection.NOT_RUN


def _policy(policy: ResourceId) -> Iterator[Read]:
    yield _one(policy)
    yield Read(rule_collection_group.TYPE, str(policy))


def _zone(zone: ResourceId) -> Iterator[Read]:
    yield _one(zone)
    yield Read(virtual_network_link.TYPE, str(zone))
    yield Read(zones.RECORD_TYPE, str(zone))


def _further(scene: Scene) -> Iterator[Read]:
    subnets = list(_subnets(scene))
    for subnet in subnets:
        yield from (_one(named) for named in (subnet.group, subnet.table) if named is not None)
    for group in (group for subnet in subnets for group in subnet.interface_groups):
        # An interface may have a security group of its own, which as a rule lies beside it.
        yield Read(network_interface.TYPE, str(group))
        yield Read(network_security_group.TYPE, str(group))
    yield from _policies(scene)
    if _zones_matter(scene.case):
        given = scene.case.zone.key if scene.case.zone is not None else ""
        for zone in candidates(scene.observed, scene.case.name):
            if zone.key != given:
                yield Read(virtual_network_link.TYPE, str(zone))
                yield from () if given else (Read(zones.RECORD_TYPE, str(zone)),)


def _subnets(scene: Scene) -> Iterator[Subnet]:
    """Yield the subnets at both ends of each connection that may be judged, and the firewall's."""
    case, firewall = scene.case, firewalls.read(scene)
    ends = [scene.consumer()]
    if firewall is not None:
        ends.append(firewalls.seat(scene, firewall))
    yield from (seat.subnet for seat in ends if seat.subnet is not None)
    named = [(text, None) for seat in ends[:1] if seat.network is not None for text in seat.network.servers]
    asked = [(server.address, server.network) for server in case.servers]
    for text, preferred in (*named, *asked, (case.endpoint or "", case.home)):
        address = bodies.address(text)
        network = scene.network_of(address, preferred) if address is not None else None
        subnet = network.subnet_of(address) if network is not None and address is not None else None
        if subnet is not None:
            yield subnet


def _policies(scene: Scene) -> Iterator[Read]:
    """Yield the policy that the firewall really has, where it is another one, and the one that it inherits from."""
    firewall, given = firewalls.read(scene), scene.case.firewall_policy
    actual = firewall.policy if firewall is not None else None
    if actual is not None and (given is None or given.key != actual.key):
        yield from _policy(actual)
    policy = actual or given
    base = firewall_rules.base_policy(scene.observed, policy) if policy is not None else None
    if base is not None:
        yield from _policy(base)
