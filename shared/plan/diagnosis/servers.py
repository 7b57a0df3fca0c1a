"""One DNS server on the way to a name: whether it is reached, whether it answers, and whether it forwards to Azure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.plan import words
from shared.plan.diagnosis import bodies, firewalls, flow, path, zones
from shared.plan.diagnosis.flow import Flow
from shared.plan.diagnosis.link import BrokenLink, Diagnosis
from shared.plan.diagnosis.path import Way
from shared.plan.probe import Resolution

if TYPE_CHECKING:
    from shared.model.resource_id import ResourceId
    from shared.plan.diagnosis.case import Asked
    from shared.plan.diagnosis.firewalls import Firewall
    from shared.plan.diagnosis.scene import Scene

AZURE = str(flow.AZURE_DNS)
PROVIDED = "azureprovideddns"
"""How a network interface says that it asks Azure's own resolver, whatever its network names."""


def is_azure(server: str) -> bool:
    """Say whether a server is Azure's own resolver."""
    return server.lower() == PROVIDED or bodies.address(server) == flow.AZURE_DNS


def is_right(scene: Scene, asked: Asked) -> bool:
    """Say whether a server that was asked by itself gave the right address."""
    return asked.resolution is Resolution.RESOLVED and scene.right(asked.addresses)


def obstacle(scene: Scene, asked: Asked) -> Diagnosis | None:
    """Return what is wrong with a server or on the way to it; None where it answers right, or nothing can be said."""
    alone = asked.resolution is not Resolution.NOT_RUN
    answer = asked.resolution if alone else scene.case.probe.resolution
    addresses = asked.addresses if alone else scene.case.probe.addresses
    match answer:
        case Resolution.RESOLVED:
            return None if scene.right(addresses) else _answers_wrong(scene, asked, addresses)
        case Resolution.NO_SUCH_NAME:
            return _does_not_know(scene, asked)
        case Resolution.NO_SERVER:
            return _silent(scene, asked)
        case Resolution.REFUSED:
            return _refuses(scene, asked)
        case Resolution.SERVER_FAILED:
            # The stub on the machine says that also where no server of the network answered it.
            way = None if alone else _way_obstacle(scene, asked)
            return way or _azure_obstacle(scene, asked) or _fails(scene, asked)
    return None


def _way_obstacle(scene: Scene, asked: Asked) -> Diagnosis | None:
    address = bodies.address(asked.address)
    if address is None:
        return None
    seat = scene.consumer()
    wanted = Flow(seat.source, address, flow.DNS, "UDP")
    return path.obstacle(Way(scene, seat, wanted, scene.network_of(address, asked.network)))


def _silent(scene: Scene, asked: Asked) -> Diagnosis:
    stopped = _way_obstacle(scene, asked)
    if stopped is not None:
        return stopped
    firewall = _as_firewall(scene, asked)
    if firewall is not None and firewalls.proxies(scene, firewall) is False:
        return Diagnosis(
            BrokenLink.DNS_PROXY_OFF,
            f"DNS server {asked.address} is {words.name(firewall.id)}, whose DNS proxy is off",
            f"set dnsSettings.enableProxy to true in {_policy_words(firewall)}, or name another DNS server",
        )
    return Diagnosis(
        BrokenLink.SERVER_SILENT,
        f"DNS server {asked.address} does not answer, and nothing that is seen on the way to it stops the question",
        f"start the machine {asked.address} and its DNS service, and let it listen on that address, UDP and TCP 53",
    )


def _refuses(scene: Scene, asked: Asked) -> Diagnosis:
    client = flow.source_words(scene.consumer().source)
    return Diagnosis(
        BrokenLink.SERVER_REFUSES,
        f"DNS server {asked.address} refuses to answer {client}",
        f"allow {client} in its access control (unbound: access-control, BIND: allow-query and allow-recursion)",
    )


def _fails(scene: Scene, asked: Asked) -> Diagnosis:
    return Diagnosis(
        BrokenLink.SERVER_FAILS,
        f"DNS server {asked.address} fails when it is asked for {scene.case.name}: whom it forwards to does not "
        "answer, asks it back in a loop, or its DNSSEC validation rejects the private zone",
        f"let it forward {_zone_words(scene)} to {AZURE} without DNSSEC validation of that zone",
    )


def _does_not_know(scene: Scene, asked: Asked) -> Diagnosis | None:
    """Judge a server that says there is no such name: where Azure knows it, the server did not ask Azure."""
    if scene.zone is None:
        return _drops_private(scene, asked)
    return _azure_obstacle(scene, asked) or _does_not_forward(scene, asked, "does not know")


def _answers_wrong(scene: Scene, asked: Asked, addresses: tuple[str, ...]) -> Diagnosis | None:
    found = _azure_obstacle(scene, asked)
    if found is not None:
        return found
    if any(_is_public(address) for address in addresses):
        does = f"answers {', '.join(addresses)} for"
        return None if scene.zone is None else _does_not_forward(scene, asked, does)
    return Diagnosis(
        BrokenLink.ANSWER_CACHED,
        f"DNS server {asked.address} answers {', '.join(addresses)} for {scene.case.name}, "
        f"but {scene.case.endpoint} is right: it keeps an older answer, or an entry of its own",
        f"flush its cache, or remove its own entry for {scene.case.name}",
    )


def _is_public(text: str) -> bool:
    found = bodies.address(text)
    return found is not None and not found.is_private


def _azure_obstacle(scene: Scene, asked: Asked) -> Diagnosis | None:
    if scene.zone is None:
        return None
    network = _stands_in(scene, asked)
    return zones.obstacle(scene, scene.zone, zones.Asking(network, asked.address))


def _stands_in(scene: Scene, asked: Asked) -> ResourceId | None:
    """Return the virtual network of a server, also where only its address tells; None where it is in none of ours."""
    address = bodies.address(asked.address)
    if asked.network is not None or address is None:
        return asked.network
    found = scene.network_of(address)
    return found.id if found is not None else None


def _does_not_forward(scene: Scene, asked: Asked, does: str) -> Diagnosis | None:
    """Say that a server asks somebody else than Azure; None where nothing shows that Azure would know better."""
    zone = scene.zone
    if zone is not None and scene.observed.get(zone) is None:
        return None
    firewall = _as_firewall(scene, asked)
    target = f"DNS server {asked.address}"
    mend = f"add a conditional forwarder for {_zone_words(scene)} to {AZURE} on it"
    if firewall is not None and firewalls.upstream(scene, firewall):
        listed = ", ".join(map(bodies.shown, firewalls.upstream(scene, firewall)))
        target += f" is {words.name(firewall.id)}, which asks {listed} (dnsSettings.servers); it"
        mend = f"name {AZURE} in dnsSettings.servers of {_policy_words(firewall)}, or none, or servers that ask it"
    elif _stands_in(scene, asked) is None:
        mend = (
            f"add a conditional forwarder for {_zone_words(scene)} on it: to {AZURE} where it stands in Azure, "
            "elsewhere to the hub's DNS servers"
        )
    return Diagnosis(
        BrokenLink.SERVER_DOES_NOT_FORWARD,
        f"{target} {does} {scene.case.name}, which is in its private zone: it does not forward to Azure's own resolver",
        mend,
    )


def _drops_private(scene: Scene, asked: Asked) -> Diagnosis:
    return Diagnosis(
        BrokenLink.PRIVATE_ADDRESS_DROPPED,
        f"DNS server {asked.address} does not know the public name {scene.case.name}: it drops private addresses from "
        "public answers (rebinding protection), or does not ask public DNS",
        f"exempt azmk8s.io from its rebinding protection (dnsmasq: rebind-domain-ok, unbound: private-domain), or let "
        f"it forward {scene.case.name} to {AZURE}",
    )


def _as_firewall(scene: Scene, asked: Asked) -> Firewall | None:
    firewall = firewalls.read(scene)
    address = bodies.address(asked.address)
    return firewall if firewall is not None and address is not None and firewall.address == address else None


def _policy_words(firewall: Firewall) -> str:
    return words.name(firewall.policy) if firewall.policy is not None else words.name(firewall.id)


def _zone_words(scene: Scene) -> str:
    """Return what has to be forwarded: the region's zone, also for one below it, which may be another tomorrow."""
    zone = scene.zone
    if zone is None:
        return "azmk8s.io"
    at = zone.name.lower().find("privatelink.")
    return zone.name[at:] if at > 0 else zone.name
