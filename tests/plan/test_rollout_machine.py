"""Networks get other DNS servers while anything happens: Hypothesis looks for a way to leave one with a silent server.

Servers fall silent and come back, proofs fail, documents change in the middle, spokes come and go, and somebody else
writes into a network. Whatever the order: forward nobody gets what did not answer, and it always comes to an end.
"""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from shared.plan.dns import proof, rollout
from shared.plan.dns.rollout import HUB
from tests.plan.rolling import FOREIGN, SERVERS, TARGETS, Have, Rolling

NAMES = ("a", "b", "c", "d", "e")
EVENTS = ("comes", "gets ready", "is not ready any more", "gets a cluster", "goes", "is meddled with")
documents = st.sampled_from(sorted(TARGETS))
places = st.sampled_from(NAMES)
several = st.lists(places, unique=True)


class Networks(RuleBasedStateMachine):
    """One hub, up to five spokes, and everything that may happen to them."""

    def __init__(self) -> None:
        super().__init__()
        self.world = Rolling()
        self.moved: set[str] = set()
        """Spokes in use that went forward since the last proof, or the last decision."""
        self.used: set[str] = set()
        """Spokes that were in use when the hub looked last: what came into use since nobody could know."""
        self.stranded: set[str] = set()
        """Spokes none of whose servers answered when the hub looked last: they may all go at once."""
        self.known: set[str] = set()
        """Servers that answered in any proof."""

    @initialize(document=documents, ready=st.lists(places, unique=True, min_size=2))
    def begin(self, document: str, ready: list[str]) -> None:
        """Begin with a hub at rest and some spokes."""
        self.world = Rolling(document)
        for name in ready:
            self.world.appear(name, ready=True)
        self._settle()

    # What people and machines do

    @rule(document=documents, names=several)
    def change(self, document: str, names: list[str]) -> None:
        """Somebody applies another document, and the hub begins to act on it."""
        self.world.change(document)
        self.go_on(names)

    @rule(servers=st.sets(st.sampled_from(SERVERS), max_size=2), names=several)
    def fall_silent(self, servers: set[str], names: list[str]) -> None:
        """Some servers are away, all others answer."""
        self.world.up = set(SERVERS) - servers
        self.go_on(names)

    @rule(runs=st.booleans())
    def jump_server(self, runs: bool) -> None:  # noqa: FBT001 - drawn by Hypothesis
        """Somebody stops or starts the jump server."""
        self.world.jump_server = runs

    @rule(name=places, event=st.sampled_from(EVENTS))
    def spoke(self, name: str, event: str) -> None:
        """A spoke is new, gets ready, gets a cluster where it may, is gone, or has what somebody wrote into it."""
        world = self.world
        if (event == "comes") is (name in world.spokes):
            return
        if event in ("goes", "is meddled with"):
            self.moved.discard(name)  # It is where it went no more.
        if event == "comes":
            world.appear(name)
        elif event == "goes":
            world.leave(name)
        elif name in world.networks:
            self._happens(name, event)

    def _happens(self, name: str, event: str) -> None:
        world = self.world
        if event == "gets ready":
            world.ready(name)
        elif event == "is not ready any more":
            world.ready(name, holds=False)
        elif event == "is meddled with":
            world.networks[name] = (FOREIGN,)
            world.tell(name)
        elif rollout.settled(world.hub, world.spokes[name]):
            world.populate(name)

    # What the hub and the spokes do

    @rule(names=several, late=several)
    def go_on(self, names: list[str], late: list[str] | None = None) -> None:
        """As it mostly goes: the hub looks, some spokes follow, the servers are asked if that is due, some are late."""
        self.look()
        for name in names:
            self.apply(name)
        self.look()
        if self.world.proof_is_due():
            self.prove()
        for name in late or ():
            self.apply(name)

    @rule()
    def look(self) -> None:
        """The hub looks, decides, and changes its own network."""
        decided = self.world.state.now, self.world.state.back
        before = self.world.look()
        if (self.world.state.now, self.world.state.back) != decided:
            self.moved.clear()
        self.used = {name for name in self.world.spokes if self.world.in_use(name)}
        self.stranded = {name for name in self.world.spokes if self.world.silent(name)}
        self._judge(HUB, before, self.world.networks[HUB])

    @rule()
    def prove(self) -> None:
        """The servers are asked: because it is due, or because an hour is over."""
        if self.world.prove():
            self.moved.clear()
            self.known |= {address for address, found in self.world.proof["servers"].items() if found["answers"]}

    @rule(name=places)
    def apply(self, name: str) -> None:
        """A spoke looks, and changes its network."""
        if name in self.world.spokes:
            before = self.world.networks.get(name)
            self.world.apply(name)
            self._judge(name, before, self.world.networks[name])

    def _judge(self, name: str, before: Have | None, after: Have) -> None:
        """See that a network went forward to servers that answered, one after the other; back it may always go.

        A new one, which nobody uses, gets what the others have, which answered once.
        """
        assert before is not None or set(after) <= self.known, f"{name} begins with {after}, which never answered"
        if before is None or before == after or FOREIGN in before or self.world.state.back or not after:
            return
        assert self.world.answered(after), f"{name} is pointed at {after}, which did not answer"
        if name in self.used and name not in self.stranded:
            self.moved.add(name)
        assert len(self.moved) <= 1, f"{self.moved} went without a proof between them"

    # What holds

    @invariant()
    def nothing_is_taken_away_that_is_used(self) -> None:
        """Whatever a network has counts as used, so that no machine of it goes."""
        used = rollout.in_use(self.world.hub, self.world.related)
        for name, have in self.world.networks.items():
            assert set(have) <= used, f"{name} has {have}, and {used} are used"

    @invariant()
    def nothing_is_opened_for_others(self) -> None:
        """What somebody else wrote into a network is no server of the hub's."""
        assert FOREIGN not in self.world.state.decided

    @invariant()
    def what_goes_on_is_said(self) -> None:
        """While networks change there is a condition that says so, or why they do not."""
        have = self.world.networks[HUB]
        said = proof.condition(self.world.hub, self.world.related, have)
        if rollout.advance(self.world.hub, self.world.related, have).before is not None:
            assert said is not None
            assert (said.status, said.reason) != ("True", "DnsServersProven")

    def teardown(self) -> None:
        """See how it ends: nobody is left at a silent server, and with all up everybody is where they should be."""
        self._recover()
        self._settle()

    def _recover(self) -> None:
        """While networks change, nobody stays at a silent server if those that they had all answer."""
        state = self.world.state
        if state.before is None or state.back or not set(state.before.all) <= self.world.up:
            return
        self._come_to_rest()
        for name, have in self.world.networks.items():
            assert set(have) <= self.world.up, f"{name} stays at {have}, {self.world.state}"

    def _settle(self) -> None:
        """With every server up, everybody has what the document asks for after so many rounds."""
        self.world.up = set(SERVERS)
        self._come_to_rest()
        assert self.world.at_target, f"{self.world.networks}, {self.world.state}"

    def _come_to_rest(self) -> None:
        self.world.jump_server = True
        for _ in range(self.world.rounds):
            self.go_on(sorted(self.world.spokes))


TestNetworks = Networks.TestCase
TestNetworks.settings = settings(max_examples=300, stateful_step_count=25, deadline=None)
