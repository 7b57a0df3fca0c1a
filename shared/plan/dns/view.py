"""What people see of a hub's DNS: its servers, whose network has which, and what servers on-premises are told. Pure.

It says what was decided and measured when the hub was last looked at; nothing is asked or decided here.
"""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from shared.model import conditions as c
from shared.model.errors import Invalid
from shared.plan.dns import proof, rollout, servers
from shared.plan.dns.kit import Configuration, kit
from shared.plan.dns.rollout import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.model.hub import Hub
    from shared.model.spoke import Spoke
    from shared.plan.dns.servers import Servers
    from shared.plan.steps import Json

NOBODY = (
    "no server of this hub answers on-premises: set dns.mode to forwarder or resolver, or add dns.forwarder, "
    "and ask again"
)
OUTSIDE = (
    "only servers inside of Azure can ask Azure's resolver: if these stand on-premises themselves, add dns.forwarder "
    "to the hub, and forward to its machines"
)


def view(hub: Hub, spokes: Sequence[Spoke]) -> Json:
    """Return the answer of `GET /hubs/{name}/dns`."""
    inbound = servers.inbound_addresses(hub)
    configurations, note = _configurations(hub, inbound)
    return {
        "hub": hub.name,
        "mode": hub.spec.dns.mode,
        "condition": _condition(hub),
        "servers": [_server(hub, address) for address in _addresses(hub)],
        "networks": _networks(hub, spokes),
        "inbound": list(inbound),
        "zones": list(servers.zones_for_on_premises(hub)),
        "forward": proof.to_do(hub) if hub.spec.dns.mode == "external" else None,
        "configurations": [_configuration(one) for one in configurations],
        "note": note,
    }


def _condition(hub: Hub) -> Json | None:
    found = c.find(hub.status.conditions, c.DNS_SERVERS_ANSWER)
    return None if found is None else {"status": found.status, "reason": found.reason, "message": found.message}


def _addresses(hub: Hub) -> tuple[str, ...]:
    """Return every server that has to do with the hub, also machines that stand beside the mode's."""
    known = (*rollout.addresses_to_ask(hub), *servers.inbound_addresses(hub), *servers.forwarders(hub))
    return tuple(dict.fromkeys(known))


def _server(hub: Hub, address: str) -> Json:
    proven = hub.status.outputs.get(rollout.PROOF, {})
    found = proven.get("servers", {}).get(address)
    network = servers.network_of(hub, address)
    return {
        "address": address,
        "role": _role(hub, address),
        "network": None if network is None else str(network),
        "answers": None if found is None else bool(found["answers"]),
        "message": "not asked yet" if found is None else found["message"],
        "checked": None if found is None else proven.get("time"),
    }


def _role(hub: Hub, address: str) -> str:
    """Return what a server is; `earlier` is one that networks had, and that the document names no more."""
    known = (
        ("firewall", (str(hub.status.outputs.get("firewallPrivateIp")),)),
        ("forwarder", servers.forwarders(hub)),
        ("resolver", servers.inbound(hub)),
        ("external", tuple(map(str, hub.spec.dns.custom_servers))),
    )
    return next((name for name, addresses in known if address in addresses), "earlier")


def _networks(hub: Hub, spokes: Sequence[Spoke]) -> Json:
    """Return who should have which servers in the end, who should have them now, who has, and whose turn it is."""
    state, target = State.of(hub), servers.wanted(hub)
    mine = [spoke for spoke in spokes if not spoke.spec.adopted]
    has = {rollout.HUB: rollout.has(hub), **{spoke.name: rollout.has(spoke) for spoke in mine}}
    return {
        "target": None if target is None else list(target.spokes),
        "hubTarget": None if target is None else list(target.hub),
        "decided": {"hub": list(state.now.hub), "spokes": list(state.now.spokes)},
        "present": {name: None if found is None else list(found) for name, found in has.items()},
        "changing": state.before is not None,
        "back": state.back,
        "moved": list(state.moved),
        "turn": list(state.turn),
        "adopted": [spoke.name for spoke in spokes if spoke.spec.adopted],
        "progress": _progress(state, target, len(has)),
    }


def _progress(state: State, target: Servers | None, networks: int) -> str:
    """Say in a sentence how far the networks have got."""
    if state.back:
        return f"a server fell silent: networks go back to {_names(state.now)}"
    if state.before is not None:
        turn = ", ".join(state.turn) or "nobody until the servers answered again"
        return f"{len(state.moved)} of {networks} networks have {_names(state.now)}; next: {turn}"
    if target is None:
        return "the firewall, which spokes are to ask, has no address yet; until then networks keep what they have"
    if target == state.now:
        return f"networks ask {_names(target)}" + (", which answered before" if target.all else "")
    when = "as soon as every server answered" if target.all else "from the next look on"
    return f"networks get {_names(target)} {when}; until then they keep what they have"


def _names(chosen: Servers) -> str:
    return ", ".join(chosen.all) or "Azure's own resolver"


def _configurations(hub: Hub, inbound: Sequence[str]) -> tuple[tuple[Configuration, ...], str | None]:
    """Return what each kind of server on-premises is told, and what has to be known before or instead."""
    if not inbound:
        return (), NOBODY
    outside = hub.spec.dns.mode == "external" and all(servers.network_of(hub, address) is None for address in inbound)
    try:
        made = kit(servers.zones_for_on_premises(hub), tuple(map(IPv4Address, inbound)))
    except Invalid as error:  # Such as a cluster's own zone among dns.forwardedZones: the rest is shown all the same.
        return (), f"dns.forwardedZones: {error.message}"
    return made, OUTSIDE if outside else None


def _configuration(one: Configuration) -> Json:
    return {"format": one.format, "title": one.title, "file": one.file, "text": one.text}
