"""The proof that DNS servers answer: what the jump server asks them, and what its output says of each.

A server answers when it knows the probe record, which stands in the hub's zone from the beginning, and a public name
that every node needs: then it forwards the zone to Azure from a network that is linked, and everything else upstream.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from shared.model import conditions as c
from shared.model import naming
from shared.model.conditions import Condition
from shared.model.dns import CLUSTERS_ZONE
from shared.plan import probe
from shared.plan.dns import rollout, servers
from shared.plan.dns.forwarding import AZURE_DNS
from shared.plan.probe import Resolution

if TYPE_CHECKING:
    from shared.model.hub import Hub
    from shared.model.related import Related
    from shared.plan.steps import Json

PROBE_ADDRESS = "192.0.2.53"
"""What the probe record says: an address of documentation (RFC 5737), to which nobody connects."""

SHOWN = 5
"""Networks that a message names."""

SERVERS_EACH = 3
"""Servers that one run command asks: what is printed of one, with a public name's aliases, is up to 1,000 bytes."""

PUBLIC_NAME = "mcr.microsoft.com"
"""A public name without which no node starts."""

SILENCE = {
    Resolution.NO_SERVER: "does not answer",
    Resolution.REFUSED: "refuses to answer the jump server",
    Resolution.SERVER_FAILED: "answers that it failed, so that its forwarders do not answer it",
    Resolution.NOT_RUN: "was asked, and nothing came back that could be read",
}


def probe_name(hub: Hub, known: Sequence[str] = ()) -> str | None:
    """Return a private name that every server has to know: our record; in a zone of somebody else a cluster's."""
    if hub.spec.dns.zone_id is None:
        record = naming.dns_probe_record(hub)
        return f"{record.name}.{record.parent.name}"
    return next(iter(known), None)


def private_names(related: Related) -> list[str]:
    """Return names of clusters in the hub's zone, by which servers are proved where the zone is somebody else's."""
    alive = (one for one in related.clusters if not one.deleting and not one.spec.attached)
    shared = (one for one in alive if one.spec.private_dns.mode == "shared")
    return sorted(str(one.status.outputs["privateFqdn"]) for one in shared if "privateFqdn" in one.status.outputs)


def scripts(hub: Hub, known: Sequence[str] = ()) -> tuple[tuple[str, ...], ...]:
    """Return the lines that ask each server of interest for a private name (where one is known) and a public."""
    name = probe_name(hub, known)
    return probe.parted([_question(address, name) for address in rollout.addresses_to_ask(hub)], SERVERS_EACH)


def _question(address: str, name: str | None) -> tuple[str, ...]:
    asked = _asked(address, name).items()
    return tuple(line for title, wanted in asked for line in (probe.section(title), probe.lookup(wanted, address)))


def _asked(address: str, name: str | None) -> dict[str, str]:
    """Return the names that one server is asked for, by the parts of the output that say what it answered."""
    private = {} if name is None else {f"{address} private": name}
    return private | {f"{address} public": PUBLIC_NAME}


def read(hub: Hub, output: str, known: Sequence[str] = ()) -> dict[str, Json]:
    """Return for each server whether it answers as it should, and in words what it does instead.

    One that is of interest only since the question was put is left out: nobody asked it, so that it is not silent.
    """
    parts = probe.sections(output)
    name = probe_name(hub, known)
    found = {}
    for address in rollout.addresses_to_ask(hub):
        if not parts.keys() >= _asked(address, name).keys():
            continue
        faults = list(_faults(hub, address, parts, name))
        found[address] = {"answers": not faults, "message": "; ".join(faults)}
    return found


def _faults(hub: Hub, address: str, parts: dict[str, str], name: str | None) -> Iterator[str]:
    if name is not None:
        private = probe.read(parts[f"{address} private"])
        expected = PROBE_ADDRESS if hub.spec.dns.zone_id is None else None
        words = _private_fault(hub, private, expected)
        if words:
            yield f"{address} {words}"
        if private.resolution is Resolution.NO_SERVER:
            return  # It would be said twice.
    public = probe.read(parts[f"{address} public"])
    if public.resolution is not Resolution.RESOLVED:
        words = SILENCE.get(public.resolution, "does not know public names")
        yield f"{address} {words}: {PUBLIC_NAME} was asked for, which every node needs; look at its upstream servers"


def _private_fault(hub: Hub, seen: probe.Probe, expected: str | None) -> str:
    if seen.resolution is Resolution.RESOLVED and (expected is None or expected in seen.addresses):
        return ""
    if seen.resolution is Resolution.REFUSED:
        return "refuses to answer the jump server; let it answer the hub's and the spokes' ranges"
    if seen.resolution in SILENCE:
        advice = "look at its machine, the way to it, and what lets port 53 through"
        return f"{SILENCE[seen.resolution]}; {advice}"
    return f"does not know the private zone; {to_do(hub)}"


def to_do(hub: Hub) -> str:
    """Say exactly what servers that are not ours have to forward where, and which network has to be linked."""
    zones = ", ".join(dict.fromkeys((CLUSTERS_ZONE, *hub.spec.dns.forwarded_zones)))
    linked = ", ".join(network.name for network in servers.linked_networks(hub, ()))
    return (
        f"it has to forward {zones} to {AZURE_DNS}, from a network that the zone is linked to ({linked}); "
        "name its network in dns.serverNetworks, or on-premises forward to a forwarder in such a network"
    )


def condition(hub: Hub, related: Related, hub_has: Sequence[str] | None) -> Condition | None:
    """Return what is known of the servers; None for a hub that never had any."""
    told = c.find(hub.status.conditions, c.DNS_SERVERS_ANSWER)
    state = rollout.advance(hub, related, hub_has)
    if not hub.spec.dns.has_servers and state.before is None:
        return None if told is None else _said("True", c.AZURE_RESOLVER, "networks ask Azure's own resolver")
    target = servers.wanted(hub)
    if target is None:
        return _said("Unknown", c.NOT_VERIFIED, "the firewall, which spokes are to ask, has no address yet")
    if state.back:
        return _said("False", c.DNS_ROLLED_BACK, f"{_silences(hub, state)}; networks go back to {_names(state.now)}")
    return _unproven(hub, state, target) or _answering(hub, related, state)


def _unproven(hub: Hub, state: rollout.State, target: servers.Servers) -> Condition | None:
    """Return what is wrong with the servers, or not known of them; None where all of them answer."""
    asked = dict.fromkeys((*servers.to_prove(hub), *servers.forwarders(hub)))
    if rollout.failure(hub):
        message = f"the jump server could not be asked: {rollout.failure(hub)}; until then networks keep what they have"
        return _said("Unknown", c.VERIFICATION_FAILED, message)
    wrong = rollout.silent(hub, asked)
    if wrong:
        kept = "" if state.now == target else f"; no network is pointed there, they keep {_names(state.now)}"
        return _said("False", c.DNS_SERVER_FAILS, _words(hub, wrong) + kept)
    if not rollout.answering(hub, asked):
        return _said("Unknown", c.NOT_VERIFIED, "the servers were not all asked yet; until then networks keep theirs")
    return None


def _answering(hub: Hub, related: Related, state: rollout.State) -> Condition:
    """Say that they answer, and how far networks have got that are being pointed at them."""
    asked = dict.fromkeys((*servers.to_prove(hub), *servers.forwarders(hub)))
    unproven = probe_name(hub, private_names(related)) is None
    kinds = (
        "public names resolve (private ones: with the first cluster)"
        if unproven
        else "private and public names resolve"
    )
    what = f"{kinds} at {', '.join(asked) or 'Azure itself'}"
    if state.before is None:
        return _said("True", c.DNS_SERVERS_PROVEN, what)
    waiting = f"next: {', '.join(state.turn)}" if state.turn else "they are asked again before the next one"
    so_far = f"have them: {', '.join(state.moved[-SHOWN:]) or 'none'}"
    more = f" and {len(state.moved) - SHOWN} more" if len(state.moved) > SHOWN else ""
    return _said("True", c.DNS_CHANGING, f"{what}; networks that {so_far}{more}; {waiting}")


def _silences(hub: Hub, state: rollout.State) -> str:
    failed = state.before or servers.Servers()
    return _words(hub, rollout.silent(hub, failed.all)) or f"{_names(failed)} fell silent"


def _words(hub: Hub, addresses: Sequence[str]) -> str:
    found = hub.status.outputs.get(rollout.PROOF, {}).get("servers", {})
    return "; ".join(str(found[address]["message"]) for address in addresses)


def _names(chosen: servers.Servers) -> str:
    return ", ".join(chosen.all) or "Azure's own resolver"


def _said(status: str, reason: str, message: str) -> Condition:
    return Condition.model_validate(
        {"type": c.DNS_SERVERS_ANSWER, "status": status, "reason": reason, "message": message[: c.SHOWN]}
    )
