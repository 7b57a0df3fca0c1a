"""What each network has while servers change, who may have a cluster, and what may not be taken away."""

from __future__ import annotations

from typing import Any

import pytest

from shared.model import conditions, naming
from shared.model.conditions import READY, Condition
from shared.model.related import Related
from shared.plan.dns import rollout
from shared.plan.dns.rollout import State
from shared.plan.dns.servers import Servers
from shared.plan.documents import cluster as clusters
from shared.plan.documents import hub_dns, hub_firewall
from shared.plan.observed import Observed
from tests.model import samples
from tests.model.samples import ABSENT, NETWORK
from tests.plan.rolling import FOREIGN, Rolling

Json = dict[str, Any]

OLD, NEW, EARLIER = ("10.0.1.4", "10.0.1.5"), ("10.9.0.4",), ("10.8.0.4",)
THEIRS: Json = {"mode": "external", "customServers": list(NEW)}


def hub(spec: Json = THEIRS, /, silent: tuple[str, ...] = (), **decided: Any) -> Any:
    """Return a hub with its last decision and its last proof."""
    now = {"hub": list(NEW), "spokes": list(NEW)} | decided
    known = {one: {"answers": one not in silent, "message": f"{one} is silent"} for one in (*OLD, *NEW, *EARLIER)}
    document = samples.hub(dns=spec)
    outputs = {"dns": now, "dnsProof": {"servers": known, "moved": [], "generation": 0}}
    return document.model_copy(update={"status": document.status.model_copy(update={"outputs": outputs})})


def spoke(*have: str, ready: bool = True, **changes: Any) -> Any:
    """Return a spoke whose network has these servers."""
    document = samples.spoke(**changes)
    said = (Condition(type=READY, status="True" if ready else "False", reason="x"),)
    outputs = {"virtualNetworkId": "/n", "dnsServers": list(have)}
    return document.model_copy(
        update={"status": document.status.model_copy(update={"outputs": outputs, "conditions": said})}
    )


# What a network has

CHANGING: Json = {"before": {"hub": list(OLD), "spokes": list(OLD)}}
TURN = CHANGING | {"turn": ["payments"]}
GIVEN: dict[str, tuple[Any, tuple[str, ...] | None, tuple[str, ...]]] = {
    "at rest": (hub(), NEW, NEW),
    "at rest, and somebody wrote others": (hub(), (FOREIGN,), NEW),
    "there is no network yet": (hub(**CHANGING), None, NEW),
    "its turn has not come": (hub(**CHANGING), OLD, OLD),
    "it is its turn": (hub(**TURN), OLD, NEW),
    "it had its turn": (hub(**CHANGING), NEW, NEW),
    "its turn came, and then one fell silent": (hub(silent=NEW, **TURN), OLD, OLD),
    "back": (hub(silent=OLD, back=True, **TURN), OLD, NEW),
    "back, and nothing to go back from": (hub(back=True, **CHANGING), NEW, NEW),
    "it still has those of an earlier decision": (hub(earlier=list(EARLIER), **CHANGING), EARLIER, EARLIER),
    "it asks Azure, and its turn has not come": (hub(**CHANGING), (), ()),
    "somebody wrote others meanwhile": (hub(**CHANGING), (FOREIGN,), NEW),
}


@pytest.mark.parametrize("name", GIVEN)
def test_a_network_keeps_its_servers_until_its_turn(name: str) -> None:
    """Out of turn nothing changes, and nobody is pointed at what fell silent since; what others wrote is not kept."""
    document, have, expected = GIVEN[name]
    assert rollout.for_spoke(document, spoke(), have) == expected


def test_what_is_decided_is_stored_whole() -> None:
    """Nothing of a decision is lost between two looks."""
    state = State(Servers(OLD, NEW), Servers(NEW, OLD), ("Hub", "a"), ("b",), back=True, earlier=EARLIER)
    document = samples.hub()
    stored = document.status.model_copy(update={"outputs": {"dns": state.to_json()}})
    assert State.of(document.model_copy(update={"status": stored})) == state
    assert State.of(document) == State()


# In the middle of a change


def rolled(*names: str, target: str = "theirs") -> Rolling:
    """Return a hub with forwarders and ready spokes of which the first has the next servers already."""
    world = Rolling("forwarders")
    _rounds(world, 4)
    for name in names:
        world.appear(name, ready=True)
    world.change(target)
    _rounds(world, 3)
    return world


def _rounds(world: Rolling, count: int) -> None:
    for _ in range(count):
        world.look()
        for name in sorted(world.spokes):
            world.apply(name)
        world.look()
        if world.proof_is_due():
            world.prove()


def test_another_document_in_the_middle_moves_nobody_out_of_turn() -> None:
    """Those that still have the first servers keep them: they too go one after the other, whatever they come from."""
    world = rolled("a", "b", "c", "d")
    first, second = OLD, ("10.9.0.4", "10.9.0.5")
    assert [world.networks[name] for name in "abcd"] == [second, first, first, first]
    world.change("a resolver")
    _rounds(world, 2)
    resolver = ("10.0.0.100",)
    changed = [name for name in "abcd" if world.networks[name] == resolver]
    assert len(changed) <= 1
    assert set(world.networks["d"]) <= world.state.decided
    _rounds(world, 8)
    assert world.at_target


def test_back_to_what_was_before_moves_only_who_changed() -> None:
    """The document takes its change back: most networks are where they should be already."""
    world = rolled("a", "b", "c")
    moved = dict(world.networks)
    world.change("forwarders")
    _rounds(world, 1)
    assert [name for name in "bc" if world.networks[name] != moved[name]] == []
    _rounds(world, 4)
    assert world.at_target


def test_to_azure_nobody_has_to_be_asked() -> None:
    """The jump server goes together with the servers: networks go one after the other all the same."""
    world = Rolling("forwarders")
    for name in ("a", "b"):
        world.appear(name, ready=True)
    _rounds(world, 6)
    assert world.at_target
    world.change("azure, and no jump server any more")
    _rounds(world, 1)
    assert sum(world.networks[name] == () for name in "ab") <= 1
    _rounds(world, 3)
    assert world.at_target


def test_from_servers_that_are_dead_everybody_goes_at_once() -> None:
    """They are why the document changed: one network after the other would be an outage for hours."""
    world = Rolling("forwarders")
    for name in ("a", "b", "c", "d"):
        world.appear(name, ready=True)
    _rounds(world, 8)
    world.up -= set(OLD)
    world.change("theirs")
    _rounds(world, 2)
    assert world.networks["Hub"] == ("10.9.0.4", "10.9.0.5"), "the hub's own network is the first all the same"
    assert world.networks["a"] == OLD
    _rounds(world, 2)
    assert world.at_target


def test_from_servers_of_which_one_is_dead_they_go_one_by_one() -> None:
    """The other one answers still: nobody is in a hurry."""
    world = Rolling("forwarders")
    for name in ("a", "b", "c", "d"):
        world.appear(name, ready=True)
    _rounds(world, 8)
    world.up.discard(OLD[0])
    world.change("theirs")
    _rounds(world, 3)
    assert [world.networks[name] == OLD for name in "abcd"] == [False, True, True, True]


def test_nobody_goes_on_while_the_jump_server_is_away() -> None:
    """Without a proof the next network keeps what it has; once there is one again it goes on."""
    world = rolled("a", "b", "c")
    world.jump_server = False
    _rounds(world, 2)
    before = dict(world.networks)
    _rounds(world, 3)
    assert world.networks == before
    world.jump_server = True
    _rounds(world, 6)
    assert world.at_target


NEWNESS = {
    "nothing said yet": (None, "", True),
    "it waits for servers": ("False", conditions.DNS_NOT_PROVEN, True),
    "its peering is not there yet": ("False", conditions.PEER_NOT_READY, True),
    "ready": ("True", conditions.PROVISIONED, False),
    "somebody changed it": ("False", conditions.DIFFERENCES_FOUND, False),
    "a step of it failed": ("False", conditions.STEP_FAILED, False),
}


@pytest.mark.parametrize("name", NEWNESS)
def test_only_new_spokes_change_together(name: str) -> None:
    """Who is not ready for a moment may be in use all the same: it is no reason to go out of turn."""
    status, reason, together = NEWNESS[name]
    said = () if status is None else (Condition.model_validate({"type": READY, "status": status, "reason": reason}),)
    spokes = [spoke(*OLD, name=one) for one in ("a", "b")]
    spokes = [one.model_copy(update={"status": one.status.model_copy(update={"conditions": said})}) for one in spokes]
    document = hub(hub=list(NEW), **CHANGING)
    assert rollout.advance(document, Related(spokes=tuple(spokes)), OLD).turn == (
        ("Hub", "a", "b") if together else ("Hub",)
    )


# Clusters

SETTLED: dict[str, tuple[Any, Any, bool]] = {
    "no servers": (hub({"mode": "azure"}), spoke(), True),
    "the network has them": (hub(), spoke(*NEW), True),
    "the network has others": (hub(), spoke(*OLD), False),
    "they are not what is wanted": (hub({"mode": "forwarder"}), spoke(*NEW), False),
    "one of them is silent now": (hub(silent=NEW), spoke(*NEW), False),
    "an adopted network, whatever it has": (hub(), spoke(*OLD, virtualNetworkId=NETWORK, addressSpace=ABSENT), True),
    "an adopted network, and one is silent": (
        hub(silent=NEW),
        spoke(*OLD, virtualNetworkId=NETWORK, addressSpace=ABSENT),
        False,
    ),
}


@pytest.mark.parametrize("name", SETTLED)
def test_a_cluster_is_made_where_names_resolve(name: str) -> None:
    """Its nodes would not start: the network has the servers that are wanted, and these answer."""
    document, place, expected = SETTLED[name]
    assert rollout.settled(document, place) is expected


AWAITED = {
    "another version of the hub": hub({"mode": "forwarder"}),
    "a server that fell silent": hub(silent=NEW),
}


@pytest.mark.parametrize("begun", [False, True], ids=["not begun", "begun"])
@pytest.mark.parametrize("name", AWAITED)
def test_a_zone_is_watched_for_while_the_cluster_is_made(name: str, *, begun: bool) -> None:
    """What became of the hub since does not matter to a cluster that is being made; one that is not waits."""
    document, place = AWAITED[name], spoke(*NEW)
    there = {"peered": True, "defaultRoute": "10.0.0.4", "subnets": {"nodes": "/n/s"}}
    outputs = place.status.outputs | there
    place = place.model_copy(update={"status": place.status.model_copy(update={"outputs": outputs})})
    cluster = samples.cluster(privateDns={"mode": "system"})
    body = {"id": str(naming.managed_cluster(cluster, place, document)), "name": "x", "properties": {}}
    assert clusters.awaits_zone(cluster, place, document, Observed([body] if begun else [])) is begun


@pytest.mark.parametrize(("have", "expected"), [((), False), (("10.7.0.4",), True)], ids=["Azure's", "their own"])
def test_a_zone_is_watched_for_where_a_network_has_servers_of_its_own(have: tuple[str, ...], *, expected: bool) -> None:
    """The hub's mode is `azure`, and an adopted network asks its owner's servers: its nodes are in a hurry too."""
    document, place = hub({"mode": "azure"}), spoke(*have, virtualNetworkId=NETWORK, addressSpace=ABSENT)
    cluster = samples.cluster(privateDns={"mode": "system"})
    body = {"id": str(naming.managed_cluster(cluster, place, document)), "name": "x", "properties": {}}
    assert clusters.awaits_zone(cluster, place, document, Observed([body])) is expected


# What is kept


def test_what_somebody_else_wrote_opens_nothing() -> None:
    """A spoke's owner may point its network anywhere; the firewall lets out only whom the hub decided to ask."""
    document, around = (
        hub(**CHANGING),
        Related(spokes=(spoke(FOREIGN), spoke("fd00::1", addressSpace=["10.65.0.0/22"]))),
    )
    text = str([group.body for group in hub_firewall.rules(document, around)])
    assert FOREIGN not in text
    assert "fd00::1" not in text
    assert NEW[0] in text


@pytest.mark.parametrize("adopted", [False, True], ids=["ours", "adopted"])
def test_what_any_network_has_is_not_taken_away(*, adopted: bool) -> None:
    """Machines stay while a network asks them, also one whose owner pointed it at them."""
    place = spoke(OLD[1], **({"virtualNetworkId": NETWORK, "addressSpace": ABSENT} if adopted else {}))
    document = hub()
    used, free = (Related(spokes=spokes) for spokes in ((place,), ()))
    gone = {piece.name for part in hub_dns.retired(document, used, Observed()) for piece in part}
    assert "vm-dns-weu-2" not in gone
    assert "vm-dns-weu-2" in {piece.name for part in hub_dns.retired(document, free, Observed()) for piece in part}
    assert rollout.at_rest(document, used) is adopted
