"""How networks change their DNS servers: proven first, one network with clusters at a time, and back if one is silent.

Pure. What was decided stands in the hub's output `dns`, written by its look; what was measured, in its output
`dnsProof`, written by its verification. So every network has one place that says what it should be pointed at.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from shared.model import conditions
from shared.plan.dns import servers
from shared.plan.dns.servers import Servers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shared.model.hub import Hub
    from shared.model.related import Related
    from shared.model.spoke import Spoke
    from shared.plan.steps import Json

OUTPUT, PROOF, SPOKE_OUTPUT = "dns", "dnsProof", "dnsServers"
"""Outputs: of the hub its decision and its proof, of a spoke the servers that its network has."""

STANDING = "dnsForwarders"
"""Output of a hub: which forwarders stand, and what each was made with."""

KEPT = (OUTPUT, PROOF, SPOKE_OUTPUT)
"""What of a hub's outputs is as it was where nobody looked."""

HUB = "Hub"
"""The hub's own network among those whose turn it is; no spoke has this name, for names are in lower case."""

NOT_YET = (conditions.HUB_NOT_READY, conditions.PEER_NOT_READY, conditions.DNS_NOT_PROVEN)
"""Why a spoke is not ready that has not been made whole yet."""

AZURE = Servers()
"""Nobody's servers: networks ask Azure's own resolver."""


@dataclass(frozen=True, slots=True)
class State:
    """What networks should have now (`now`), had until now (`before`, while they change), and whose turn it is."""

    now: Servers = AZURE
    before: Servers | None = None
    turn: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    """Who has `now` already, while they change: the proof that is taken next is one after their change."""
    back: bool = False
    """Whether they go back: `now` is what they had, `before` is what turned out silent."""
    earlier: tuple[str, ...] = ()
    """Servers of decisions before `before` that networks still have: `now` became another one on the way."""

    @property
    def decided(self) -> set[str]:
        """Every server that the hub pointed networks at, or is about to: not what somebody else put into one."""
        before = () if self.before is None else self.before.all
        return {*self.now.all, *before, *self.earlier}

    def to_json(self) -> Json:
        """Return the stored form."""
        before = None if self.before is None else self.before.to_json()
        lists = {"turn": list(self.turn), "moved": list(self.moved), "earlier": list(self.earlier)}
        members = {"before": before, **lists, "back": self.back}
        return self.now.to_json() | {name: value for name, value in members.items() if value}

    @classmethod
    def of(cls, hub: Hub) -> State:
        """Return what the hub decided last; at first everybody asks Azure."""
        stored = hub.status.outputs.get(OUTPUT)
        if stored is None:
            return cls()
        before = stored.get("before")
        return cls(
            Servers.from_json(stored),
            None if before is None else Servers.from_json(before),
            tuple(stored.get("turn", ())),
            tuple(stored.get("moved", ())),
            stored.get("back", False),
            tuple(stored.get("earlier", ())),
        )


def _proof(hub: Hub) -> Json:
    return hub.status.outputs.get(PROOF, {})


def answering(hub: Hub, addresses: Iterable[str]) -> bool:
    """Say whether all of these answered when they were last asked."""
    found = _proof(hub).get("servers", {})
    return all(found.get(address, {}).get("answers") for address in addresses)


def silent(hub: Hub, addresses: Iterable[str]) -> list[str]:
    """Return those that were asked and did not answer as they should."""
    found = _proof(hub).get("servers", {})
    return [address for address in addresses if address in found and not found[address]["answers"]]


def advance(hub: Hub, related: Related, hub_has: Sequence[str] | None) -> State:
    """Return the next decision, from the last one, the proof, and what networks have (`hub_has`: the hub's own)."""
    state, target = State.of(hub), servers.wanted(hub)
    if state.before is not None and not state.back and _must_go_back(hub, state):
        state = State(state.before, state.now, back=True, earlier=state.earlier)
    elif target not in (None, state.now) and not state.back and answering(hub, servers.to_prove(hub)):
        state = State(target or AZURE, state.now, earlier=_still_had(hub, related, state))
    if state.before is None:
        return state
    missing = _unmoved(state, related.spokes, hub_has)
    moved = tuple(name for name in (HUB, *(spoke.name for spoke in _movers(related.spokes))) if name not in missing)
    proven = state.back or not moved or _is_proven(hub, state, moved)
    if not missing and proven:
        return State(state.now)
    turn = _turn(hub, state, related, missing) if proven else ()
    return replace(state, turn=turn, moved=moved)


def _is_proven(hub: Hub, state: State, moved: Sequence[str]) -> bool:
    """Say whether the servers were asked since the last change; Azure's own resolver is nobody's to ask."""
    return not state.now.all or _proof(hub).get("moved") == list(moved)


def _still_had(hub: Hub, related: Related, state: State) -> tuple[str, ...]:
    """Return the servers that networks still have of what is being left for yet another decision."""
    passed = () if state.before is None else (*state.before.all, *state.earlier)
    had = _had(hub, _movers(related.spokes))
    return tuple(dict.fromkeys(server for server in passed if server in had))


def _had(hub: Hub, spokes: Iterable[Spoke]) -> set[str]:
    documents: list[Hub | Spoke] = [hub, *spokes]
    return {server for document in documents for server in has(document) or ()}


def _must_go_back(hub: Hub, state: State) -> bool:
    """Say whether a server that networks are being pointed at fell silent, and what they had before still answers."""
    before = state.before or AZURE
    return bool(silent(hub, state.now.all)) and not silent(hub, before.all) and answering(hub, before.all)


def _unmoved(state: State, spokes: Sequence[Spoke], hub_has: Sequence[str] | None) -> list[str]:
    """Return whose networks have other servers than they should, the hub first."""
    found = [] if hub_has is None or tuple(hub_has) == state.now.hub else [HUB]
    return found + [spoke.name for spoke in _movers(spokes) if has(spoke) != state.now.spokes]


def _movers(spokes: Sequence[Spoke]) -> list[Spoke]:
    """Return the spokes whose networks are ours to point somewhere; those that were adopted keep their servers."""
    return sorted(
        (spoke for spoke in spokes if not spoke.spec.adopted and not spoke.deleting and has(spoke) is not None),
        key=lambda spoke: spoke.name,
    )


def has(document: Hub | Spoke) -> tuple[str, ...] | None:
    """Return the servers that a hub's or spoke's network had when it was last seen; None while it is not there."""
    found = document.status.outputs.get(SPOKE_OUTPUT)
    return None if found is None else tuple(found)


def _turn(hub: Hub, state: State, related: Related, missing: list[str]) -> tuple[str, ...]:
    """Return who changes next.

    Back everybody goes at once: where they are is an outage. Forward go those that nobody uses yet, those whose own
    servers are all silent, and of the others one, once the servers answered again after the one before it had changed.
    """
    if state.back:
        return tuple(missing)
    if not answering(hub, state.now.all):
        return ()
    spokes = {spoke.name: spoke for spoke in related.spokes}
    free = [name for name in missing if name == HUB or not _in_use(spokes[name], related)]
    stranded = [name for name in missing if name != HUB and _is_stranded(hub, spokes[name])]
    return tuple(dict.fromkeys((*free, *stranded))) or tuple(missing[:1])


def _is_stranded(hub: Hub, spoke: Spoke) -> bool:
    """Say whether none of the servers that a network has answered: it has nothing to lose by a change."""
    have = has(spoke) or ()
    return bool(have) and len(silent(hub, have)) == len(have)


def _in_use(spoke: Spoke, related: Related) -> bool:
    """Say whether something may be running in a spoke: it is no new one, or a cluster stands in it.

    One that is not ready because something of it failed, or was changed by others, was ready before.
    """
    inside = (cluster for cluster in related.clusters if cluster.spec.spoke == spoke.name)
    return not _is_new(spoke) or any("clusterId" in cluster.status.outputs for cluster in inside)


def _is_new(spoke: Spoke) -> bool:
    said = conditions.find(spoke.status.conditions, conditions.READY)
    return said is None or (said.status != "True" and said.reason in NOT_YET)


def proof_is_due(hub: Hub, related: Related, hub_has: Sequence[str] | None) -> bool:
    """Say whether the servers have to be asked now, whatever the age of the last proof."""
    state, asked = advance(hub, related, hub_has), addresses_to_ask(hub)
    if not asked:
        return False
    if not set(asked) <= _proof(hub).get("servers", {}).keys() or not answering(hub, asked) or failure(hub):
        return True
    fresh = _proof(hub).get("generation") == hub.metadata.generation
    return not fresh or (state.before is not None and not state.back and not _is_proven(hub, state, state.moved))


def failure(hub: Hub) -> str:
    """Return why the last proof could not be taken; empty where it was: what is known is of the one before."""
    return str(_proof(hub).get("failed", ""))


def addresses_to_ask(hub: Hub) -> tuple[str, ...]:
    """Return every server of interest: wanted, had by networks, to go back to, or asked from on-premises only."""
    state = State.of(hub)
    before = state.before or AZURE
    known = (*state.now.all, *before.all, *state.earlier)
    return tuple(dict.fromkeys((*servers.to_prove(hub), *known, *servers.forwarders(hub))))


def in_use(hub: Hub, related: Related) -> set[str]:
    """Return the servers that networks have, or are being pointed at or back to: nothing of them may be taken away.

    Adopted networks count: whoever owns them may have pointed them at ours.
    """
    return State.of(hub).decided | _had(hub, related.spokes)


def has_ended(before: Json, after: Json) -> bool:
    """Say whether, between two of a hub's outputs, the last network got its servers: what these replace may go now."""
    return "before" in before.get(OUTPUT, {}) and "before" not in after.get(OUTPUT, {})


def concerned(before: Json, after: Json) -> set[str] | None:
    """Return whose turn came or went between two of a hub's outputs; None where the decision itself is another one.

    A change goes in as many steps as there are networks: each of them is the business of one or two, not of all.
    """
    one, other = ({**outputs.get(OUTPUT, {}), "moved": None} for outputs in (before, after))
    turns = set(one.pop("turn", ())) ^ set(other.pop("turn", ()))
    return turns if one == other else None


def at_rest(hub: Hub, related: Related) -> bool:
    """Say whether nobody is on the way from other servers to those that are wanted."""
    state, had = State.of(hub), _had(hub, _movers(related.spokes))
    return state.before is None and state.decided | had <= set((servers.wanted(hub) or AZURE).all)


def for_spoke(hub: Hub, spoke: Spoke, have: tuple[str, ...] | None) -> tuple[str, ...]:
    """Return the servers that a spoke's network should have now; `have`: those that it has, None where it is not there.

    While networks change, one whose turn has not come keeps what it has.
    """
    state = State.of(hub)
    return _given(hub, state, spoke.name, have, state.now.spokes)


def for_hub(hub: Hub, related: Related, have: tuple[str, ...] | None) -> tuple[str, ...]:
    """Return the servers that the hub's own network should have now: it changes in its turn, like every spoke's."""
    state = advance(hub, related, have)
    return _given(hub, state, HUB, have, state.now.hub)


def _given(hub: Hub, state: State, name: str, have: tuple[str, ...] | None, target: tuple[str, ...]) -> tuple[str, ...]:
    """Return what a network has until it is its turn, and nothing that fell silent since it was; else the target."""
    if state.before is None or have is None or not set(have) <= state.decided:
        return target  # What somebody else put there is no servers of ours to keep.
    may = name in state.turn and (state.back or not silent(hub, target))
    return target if may else have


def awaited(hub: Hub, spoke: Spoke) -> bool:
    """Say whether a new spoke waits for servers that have not answered yet: it is in use only when it has them."""
    if spoke.spec.adopted or not hub.spec.dns.answered_by_servers:
        return False
    proven = State.of(hub).now == servers.wanted(hub)
    return not proven and _is_new(spoke)


def settled(hub: Hub, spoke: Spoke) -> bool:
    """Say whether a cluster may be made in the spoke: its network has the servers that are wanted, which answer."""
    if not hub.spec.dns.answered_by_servers:
        return True
    state = State.of(hub)
    there = spoke.spec.adopted or has(spoke) == state.now.spokes
    return there and state.now == servers.wanted(hub) and answering(hub, state.now.spokes)
