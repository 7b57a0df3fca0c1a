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
    others = tuple(asked for asked in case.servers if asked not in listed)
    return of_servers(scene, listed) or of_servers(scene, others) or _beyond(scene, listed, named)


def of_servers(scene: Scene, listed: tuple[Asked, ...]) -> Diagnosis | None:
    """Return what is wrong with the first of some servers with which something is."""
    for asked in listed:
        found = _by_azure(scene, asked) if servers.is_azure(asked.address) else servers.obstacle(scene, asked)
        if found is not None:
            return found
    return None


def named_servers(scene: Scene) -> tuple[str, ...] | None:
    """Return the DNS servers that the machine is given: its interface's, else its network's; none: Azure's own.

    None where the network was not read.
    """
    seat = scene.consumer()
    if seat.network is None:
        return None
    return _of_interface(scene) or seat.network.servers


def _of_interface(scene: Scene) -> tuple[str, ...]:
    interface = scene.interface(scene.consumer())
    return bodies.texts(bodies.member(interface, "dnsSettings").get("dnsServers"))


def _namer(scene: Scene) -> str:
    """Say what names the machine's DNS servers."""
    if _of_interface(scene):
        return f"the network interface with {scene.case.address}"
    return f"virtual network {scene.case.consumer.name}"


def _mismatch(scene: Scene, named: tuple[str, ...] | None) -> tuple[Asked, ...] | Diagnosis:
    """Return whom the machine asks, one after the other; or that it is not whom it should ask."""
    case = scene.case
    direct = asked_directly(case)
    if direct:
        return direct
    if named is None:
        return case.servers or (AZURE,)
    resolver = bodies.address(case.probe.resolver)
    if resolver is not None and not resolver.is_loopback and str(resolver) not in (named or (servers.AZURE,)):
        return _asks_others(scene, named)
    known = {asked.address: asked for asked in case.servers}
    if known and not known.keys() & set(named) and (named or _are_right(scene)):
        return _names_others(scene, named)
    if not known and named and not any(_is_known(scene, address) for address in named):
        return _names_strangers(scene, named)
    return tuple(known.get(address, Asked(address, None, Resolution.NOT_RUN)) for address in named) or (AZURE,)


def asked_directly(case: Case) -> tuple[Asked, ...]:
    """Return the server that the probe itself was sent to; the words for silence do not say which it was."""
    if case.probe.resolver:
        return tuple(asked for asked in case.servers if asked.address == case.probe.resolver)
    return tuple(asked for asked in case.servers if asked.resolution is case.probe.resolution)


def _are_right(scene: Scene) -> bool:
    """Say whether the case's servers answer right, or nobody asked them: then the network should name them."""
    asked = scene.case.servers
    return all(one.resolution is Resolution.NOT_RUN or servers.is_right(scene, one) for one in asked)


def _is_known(scene: Scene, server: str) -> bool:
    """Say whether a server is Azure's own, or stands in a network that the case knows."""
    address = bodies.address(server)
    return servers.is_azure(server) or (address is not None and scene.network_of(address) is not None)


def _asks_others(scene: Scene, named: tuple[str, ...]) -> Diagnosis:
    case = scene.case
    return Diagnosis(
        BrokenLink.WRONG_SERVERS,
        f"the machine asks {case.probe.resolver}, but {_namer(scene)} names {_said(named)}",
        "restart the machine, or renew its lease: it learns of DNS servers when it starts; then look at its "
        "/etc/resolv.conf",
    )


def _names_others(scene: Scene, named: tuple[str, ...]) -> Diagnosis:
    case = scene.case
    wanted = ", ".join(asked.address for asked in case.servers)
    return Diagnosis(
        BrokenLink.WRONG_SERVERS,
        f"{_namer(scene)} names {_said(named)}, not {wanted}",
        f"set its DNS servers to {wanted}, and restart the machine: it learns of them when it starts",
    )


def _names_strangers(scene: Scene, named: tuple[str, ...]) -> Diagnosis:
    return Diagnosis(
        BrokenLink.WRONG_SERVERS,
        f"{_namer(scene)} names {_said(named)}, not Azure's own resolver {flow.AZURE_DNS}",
        f"remove the DNS servers of {_namer(scene)}, or let them forward to {flow.AZURE_DNS}; then restart the machine",
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
    if servers.is_right(scene, asked):
        return None
    if answer in {Resolution.NO_SERVER, Resolution.SERVER_FAILED}:
        refused = security_groups.platform_refusal(scene, scene.consumer())
        if refused is not None:
            return refused
    if scene.zone is None:
        return _public_name(scene, answer)
    return zones.obstacle(scene, scene.zone, zones.Asking(case.consumer))


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
    if not case.servers and named and not any(map(servers.is_azure, named)):
        return _names_strangers(scene, named)
    answered = case.probe.resolution in {Resolution.RESOLVED, Resolution.NO_SUCH_NAME}
    seen = scene.zone is not None and scene.observed.get(scene.zone) is not None
    right = all(servers.is_right(scene, asked) for asked in listed)
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
