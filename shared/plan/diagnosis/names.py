"""Why a name does not resolve, or resolves to the wrong place: whom the machine asks, and what each of them lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.plan.diagnosis import bodies, clusters, flow, security_groups, servers, zones
from shared.plan.diagnosis.case import Asked, Case
from shared.plan.diagnosis.link import BrokenLink, Diagnosis, unknown
from shared.plan.probe import Resolution

if TYPE_CHECKING:
    from shared.plan.diagnosis.scene import Scene

AZURE = Asked(servers.AZURE, None, Resolution.NOT_RUN)


def obstacle(scene: Scene) -> Diagnosis:
    """Return the first broken link between the machine and the right address."""
    case = scene.case
    if case.probe.resolution is Resolution.NOT_RUN:
        return unknown(
            f"{case.name} was not looked up: nslookup printed nothing that could be read",
            "look whether the machine has nslookup (package dnsutils) and whether run commands work on it",
        )
    named = named_servers(scene)
    listed = _mismatch(scene, named)
    if isinstance(listed, Diagnosis):
        return listed
    for asked in listed:
        found = _by_azure(scene, asked) if servers.is_azure(asked.address) else servers.obstacle(scene, asked)
        if found is not None:
            return found
    return _beyond(scene, listed, named)


def named_servers(scene: Scene) -> tuple[str, ...] | None:
    """Return the DNS servers that the machine is given: its interface's, else its network's; none: Azure's own.

    None where the network was not read.
    """
    seat = scene.consumer()
    if seat.network is None:
        return None
    own = bodies.texts(bodies.member(scene.interface(seat), "dnsSettings").get("dnsServers"))
    return own or seat.network.servers


def _mismatch(scene: Scene, named: tuple[str, ...] | None) -> tuple[Asked, ...] | Diagnosis:
    """Return whom the machine asks, one after the other; or that it is not whom it should ask."""
    case = scene.case
    direct = tuple(asked for asked in case.servers if asked.address == case.probe.resolver)
    if direct:
        return direct
    if named is None:
        return case.servers or (AZURE,)
    resolver = bodies.address(case.probe.resolver)
    if resolver is not None and not resolver.is_loopback and str(resolver) not in (named or (servers.AZURE,)):
        return _asks_others(scene, named)
    known = {asked.address: asked for asked in case.servers}
    if known and not known.keys() & set(named) and (named or _only_named(case)):
        return _names_others(scene, named)
    return tuple(known.get(address, Asked(address, None, Resolution.NOT_RUN)) for address in named) or (AZURE,)


def _only_named(case: Case) -> bool:
    """Say whether nobody asked the case's servers by themselves: then they are what the network should name."""
    return all(asked.resolution is Resolution.NOT_RUN for asked in case.servers)


def _asks_others(scene: Scene, named: tuple[str, ...]) -> Diagnosis:
    case = scene.case
    return Diagnosis(
        BrokenLink.WRONG_SERVERS,
        f"the machine asks {case.probe.resolver}, but virtual network {case.consumer.name} names {_said(named)}",
        "restart the machine, or renew its lease: it learns of DNS servers when it starts; then look at its "
        "/etc/resolv.conf",
    )


def _names_others(scene: Scene, named: tuple[str, ...]) -> Diagnosis:
    case = scene.case
    wanted = ", ".join(asked.address for asked in case.servers)
    return Diagnosis(
        BrokenLink.WRONG_SERVERS,
        f"virtual network {case.consumer.name} names {_said(named)}, not {wanted}",
        f"set its DNS servers to {wanted} and restart its machines, which learn of them when they start",
    )


def _said(named: tuple[str, ...]) -> str:
    if not named:
        return "no DNS servers, so its machines ask Azure's own"
    return f"DNS server{'s' if len(named) > 1 else ''} {', '.join(map(bodies.shown, named))}"


def _by_azure(scene: Scene, asked: Asked) -> Diagnosis | None:
    """Return why Azure's own resolver does not give the right address to the machine's network."""
    case = scene.case
    alone = asked.resolution is not Resolution.NOT_RUN
    answer = asked.resolution if alone else case.probe.resolution
    if answer is Resolution.RESOLVED and alone and scene.right(asked.addresses):
        return None
    if answer in {Resolution.NO_SERVER, Resolution.SERVER_FAILED}:
        refused = security_groups.platform_refusal(scene, scene.consumer())
        if refused is not None:
            return refused
    if case.zone is None:
        return _public_name(scene, answer)
    return zones.obstacle(scene, case.zone, zones.Asking(case.consumer))


def _public_name(scene: Scene, answer: Resolution) -> Diagnosis | None:
    """Judge a name that only public DNS has, which leads to the private address all the same."""
    body = clusters.find(scene)
    access = bodies.member(bodies.bag(body), "apiServerAccessProfile")
    if answer is not Resolution.NO_SUCH_NAME or access.get("enablePrivateClusterPublicFQDN") is not False:
        return None
    return Diagnosis(
        BrokenLink.PUBLIC_NAME_DISABLED,
        f"the cluster has no private zone and its public name {scene.case.name} is switched off, so nobody resolves it",
        "switch its public name on (az aks update --enable-public-fqdn), or give it a private DNS zone",
    )


def _beyond(scene: Scene, listed: tuple[Asked, ...], named: tuple[str, ...] | None) -> Diagnosis:
    """Say what is left where nobody who is asked lacks anything that can be seen."""
    case = scene.case
    if not case.servers and named:
        return Diagnosis(
            BrokenLink.WRONG_SERVERS,
            f"virtual network {case.consumer.name} names {_said(named)}, not Azure's own resolver {flow.AZURE_DNS}",
            f"remove the DNS servers of {case.consumer.name}, or let them forward to {flow.AZURE_DNS}; then restart "
            "its machines",
        )
    answered = case.probe.resolution in {Resolution.RESOLVED, Resolution.NO_SUCH_NAME}
    seen = case.zone is not None and scene.observed.get(case.zone) is not None
    right = all(asked.resolution is Resolution.RESOLVED and scene.right(asked.addresses) for asked in listed)
    if right or (answered and seen and all(servers.is_azure(asked.address) for asked in listed)):
        return _cached(scene)
    return unknown(
        f"{case.name} does not resolve to {case.endpoint or 'a private address'}, and nothing that could be read of "
        "zone, links, records and DNS servers explains it",
        f"run nslookup {case.name} on the machine, once more for each of its DNS servers and once for {flow.AZURE_DNS}",
    )


def _cached(scene: Scene) -> Diagnosis:
    case = scene.case
    got = ", ".join(case.probe.addresses) or "no such name"
    return Diagnosis(
        BrokenLink.ANSWER_CACHED,
        f"zone, link and record of {case.name} are right, but the machine got {got}: it, or whom it asks, keeps an "
        "older answer or an entry of its own",
        "wait for the record's time to live, or run resolvectl flush-caches on the machine and look at its /etc/hosts",
    )
