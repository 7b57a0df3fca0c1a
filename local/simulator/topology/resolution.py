"""Name resolution as a machine in the simulated network sees it: whom it asks, and what that server knows.

Azure's own resolver (168.63.129.16) answers a network from the private zones that are linked to it, the longest zone
first, and never falls back to public DNS inside such a zone unless the link says so. For other names the ruleset
counts that is linked to the network (its longest rule), then public DNS. An inbound endpoint answers what Azure's
resolver answers in its network; a custom server asks from ITS network, and answers by its own configuration.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from local.simulator.topology import listeners
from local.simulator.topology.answers import AZURE_DNS, Resolution
from local.simulator.topology.dns_configuration import Target
from local.simulator.topology.dns_software import software_of
from local.simulator.topology.evidence import Chain, Evidence
from local.simulator.topology.firewall import dns_servers_of
from local.simulator.topology.private_zones import answer_in_zone, linked_zone, unlinked_zone
from local.simulator.topology.public_dns import ask_public
from local.simulator.topology.reachability import connect
from local.simulator.topology.rulesets import rule_for
from local.simulator.topology.security import Flow
from local.simulator.topology.view import FIREWALL, INBOUND, Seat, subnet_prefixes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from local.simulator.resource import Resource
    from local.simulator.topology.answers import Status
    from local.simulator.topology.dns_software import Software
    from local.simulator.topology.rulesets import ForwardingRule
    from local.simulator.topology.view import View

__all__ = ["AZURE_DNS", "Resolution", "resolve", "servers_of"]
_MAX_ALIASES = 8
_MAX_HOPS = 8
_UNSERVED: dict[str, Status] = {"refuse": "REFUSED", "deny": "TIMEOUT"}


@dataclass(frozen=True, slots=True)
class _Question:
    """A name that is asked for, and how many servers may still hand it on."""

    view: View
    name: str
    hops: int = _MAX_HOPS

    def handed_on(self) -> _Question:
        return replace(self, hops=self.hops - 1)


def resolve(view: View, seat: Seat, name: str, server: IPv4Address | None = None) -> Resolution:
    """Resolve a name from a seat: by the given server, or by those of its NIC or VNet, one after the other."""
    question = _Question(view, name.rstrip("."))
    servers = [server] if server else servers_of(view, seat)
    return _ask_in_turn(question, seat, [Target(each) for each in servers])


def servers_of(view: View, seat: Seat) -> list[IPv4Address]:
    """List the DNS servers that a machine gets: its NIC's, else its VNet's, else Azure's."""
    nic, vnet = view.get(seat.nic) if seat.nic else None, view.get(seat.vnet)
    own = ((nic.properties.get("dnsSettings") if nic else None) or {}).get("dnsServers")
    shared = ((vnet.properties.get("dhcpOptions") if vnet else None) or {}).get("dnsServers")
    # A server that a NIC is given may also be the word "AzureProvidedDNS".
    return [_server(text) for text in own or shared or (str(AZURE_DNS),)]


def _server(text: str) -> IPv4Address:
    return AZURE_DNS if text.lower() == "azureprovideddns" else IPv4Address(text)


def _ask_in_turn(question: _Question, seat: Seat, targets: Iterable[Target]) -> Resolution:
    """Ask one server after the other until one answers."""
    answer = Resolution("SERVFAIL", question.name)
    for target in targets:
        answer = _ask(question, seat, target)
        if not answer.failed:
            break
    return answer


def _ask(question: _Question, seat: Seat, target: Target) -> Resolution:
    server = target.address
    if question.hops <= 0:
        loop = Evidence("dns-server", holds=False, detail=f"the servers ask each other in a loop ({server})")
        return Resolution("SERVFAIL", question.name, server, chain=(loop,))
    if server == AZURE_DNS:
        return _ask_azure(question, seat.vnet)
    if server.is_loopback:
        return _ask_itself(question, seat, server)
    return _ask_over_network(question, seat, target)


def _ask_over_network(question: _Question, seat: Seat, target: Target) -> Resolution:
    server = target.address
    reach = connect(question.view, seat, server, target.port, protocol="Udp")
    if not reach.open:
        failed = Evidence("dns-server", holds=False, detail=f"{server} does not answer {seat.address}")
        chain = (*reach.chain, failed)
        if reach.outcome == "refused":
            return Resolution("TIMEOUT", question.name, server, chain=chain, error="connection refused")
        return Resolution("TIMEOUT", question.name, server, chain=chain)
    found = listeners.owner_within_reach(question.view, seat.vnet, Flow(seat.address, server, target.port, "Udp"))
    if found is None:
        return ask_public(question.view, question.name, server, reach.chain)
    return _ask_owner(question, seat.address, found, server, reach.chain)


def _ask_owner(
    question: _Question, client: IPv4Address, found: tuple[Resource, Seat], server: IPv4Address, chain: Chain
) -> Resolution:
    """Let who holds the address answer: a firewall's proxy, an inbound endpoint, a machine."""
    owner, place = found
    where = place.vnet.rsplit("/", 1)[-1]
    asked = Evidence("dns-server", holds=True, detail=f"{owner.name} ({server}) asks from {where}")
    if owner.id.type == FIREWALL:
        upstream = dns_servers_of(question.view, owner) or [str(AZURE_DNS)]
        targets = [Target(IPv4Address(text)) for text in upstream]
        return _ask_in_turn(question.handed_on(), place, targets).through(server, (*chain, asked))
    if owner.id.type == INBOUND:
        return _ask_azure(question.handed_on(), place.vnet).through(server, (*chain, asked))
    vm = listeners.machine_of(question.view, owner)
    software = software_of(vm) if vm else None
    assert vm is not None  # noqa: S101 - the port is open, so that there is a machine that listens
    assert software is not None  # noqa: S101 - the same
    return _ask_machine(question, client, place, server, (vm, software), (*chain, asked))


def _ask_itself(question: _Question, seat: Seat, server: IPv4Address) -> Resolution:
    """Ask the DNS server on the machine itself, over the loopback interface."""
    nic = question.view.get(seat.nic) if seat.nic else None
    vm = listeners.machine_of(question.view, nic) if nic else None
    software = software_of(vm) if vm else None
    if vm is None or software is None or not software.listens_on(server):
        nobody = Evidence("dns-server", holds=False, detail=f"nobody listens on {server}")
        return Resolution("TIMEOUT", question.name, server, chain=(nobody,), error="connection refused")
    if software.silent:
        silent = Evidence("dns-server", holds=False, detail=f"{vm.name} does not answer")
        return Resolution("TIMEOUT", question.name, server, chain=(silent,))
    return _ask_machine(question, server, seat, server, (vm, software), ())


def _ask_machine(
    question: _Question,
    client: IPv4Address,
    place: Seat,
    server: IPv4Address,
    asked: tuple[Resource, Software],
    chain: Chain,
) -> Resolution:
    """Let a machine's DNS server answer by its configuration."""
    vm, software = asked
    subnet = question.view.get(place.subnet)
    verdict, rule = software.judge(client, subnet_prefixes(subnet) if subnet else ())
    if verdict != "allow":
        detail = f"{vm.name} ({server}) does not serve {client}: {rule}"
        refused = Evidence("dns-server", holds=False, detail=detail)
        return Resolution(_UNSERVED[verdict], question.name, server, chain=(*chain, refused))
    answer = _forward(question, place, server, asked, chain)
    kept = tuple(address for address in answer.addresses if not software.hides(question.name, address))
    if len(kept) < len(answer.addresses):
        hidden = Evidence("forward", holds=False, detail=f"{vm.name} hides private addresses of {question.name}")
        return replace(answer, addresses=kept, chain=(*answer.chain, hidden))
    return answer


def _forward(
    question: _Question, place: Seat, server: IPv4Address, asked: tuple[Resource, Software], chain: Chain
) -> Resolution:
    vm, software = asked
    forward = software.forward_for(question.name)
    if forward is None and software.configuration.otherwise == "public":
        gap = Evidence("forward", holds=False, detail=f"{vm.name} forwards {question.name} nowhere: it asks public DNS")
        return ask_public(question.view, question.name, server, (*chain, gap))
    if forward is None:
        targets = [Target(each) for each in servers_of(question.view, place)]
        return _ask_in_turn(question.handed_on(), place, targets).through(server, chain)
    shown = ", ".join(str(target.address) for target in forward.targets) or "nobody"
    sent = Evidence("forward", bool(forward.targets), f"{vm.name} sends {forward.zone or 'all names'} to {shown}")
    if not forward.targets:
        return Resolution("NXDOMAIN", question.name, server, chain=(*chain, sent))
    return _ask_in_turn(question.handed_on(), place, forward.targets).through(server, (*chain, sent))


def _ask_azure(question: _Question, vnet: str) -> Resolution:
    """Answer as 168.63.129.16 does, following aliases through zones, rules and public DNS."""
    aliases: list[tuple[str, str]] = []
    chain: list[Evidence] = []
    wanted = question
    for _ in range(_MAX_ALIASES):
        step = _ask_azure_once(wanted, vnet)
        chain.extend(step.chain)
        aliases.extend(step.aliases)
        if not step.aliases or step.found:
            return Resolution(step.status, question.name, AZURE_DNS, step.addresses, tuple(aliases), tuple(chain))
        wanted = replace(wanted, name=step.aliases[-1][1])
    return Resolution("SERVFAIL", question.name, AZURE_DNS, (), tuple(aliases), tuple(chain))


def _ask_azure_once(question: _Question, vnet: str) -> Resolution:
    view, name = question.view, question.name
    best = linked_zone(view, vnet, name)
    if best is None:
        rule = rule_for(view, vnet, name)
        return _ask_by_rule(question, rule) if rule else ask_public(view, name, AZURE_DNS, _gap(view, vnet, name))
    zone, link = best
    where = vnet.rsplit("/", 1)[-1]
    linked = Evidence("zone-link", holds=True, detail=f"{link.name} links {zone.name} to {where}")
    answer = answer_in_zone(view, zone, link, name)
    if answer.status == "NXDOMAIN" and link.properties.get("resolutionPolicy") == "NxDomainRedirect":
        return ask_public(view, name, AZURE_DNS, (linked, *answer.chain))
    return replace(answer, server=AZURE_DNS, chain=(linked, *answer.chain))


def _ask_by_rule(question: _Question, rule: ForwardingRule) -> Resolution:
    """Ask the servers of a rule from the outbound endpoint's subnet."""
    shown = ", ".join(str(target.address) for target in rule.targets)
    detail = f"rule {rule.name} of {rule.ruleset} sends {rule.domain} to {shown}"
    sent = Evidence("rule", rule.seat is not None, detail)
    if rule.seat is None:
        return Resolution("SERVFAIL", question.name, chain=(sent,))
    answer = _ask_in_turn(question.handed_on(), rule.seat, rule.targets)
    return answer.through(AZURE_DNS, (sent,))


def _gap(view: View, vnet: str, name: str) -> Chain:
    """Say that there is a zone for the name, which is not linked here."""
    missing = unlinked_zone(view, name)
    if missing is None:
        return ()
    where = vnet.rsplit("/", 1)[-1]
    return (Evidence("zone-link", holds=False, detail=f"zone {missing.name} is not linked to {where}"),)
