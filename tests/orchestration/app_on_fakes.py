"""The app's own code on the real store, over small fakes of ours.

Azure is a dictionary that counts calls; the durable client runs nothing by itself. A reconcile here is what the
orchestrator does, without what makes it durable.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from orchestration import onboarding, waking
from orchestration.access.policy import Access
from orchestration.access.trail import Pace
from orchestration.activities import publishing
from orchestration.activities.conclusion import conclude
from orchestration.activities.planning import plan_document
from orchestration.activities.steps import begin_approved
from orchestration.owners import Register
from shared.model.document import parse_document, to_json
from shared.model.envelope import DocumentKey
from shared.model.errors import Denied
from shared.model.resource_id import ResourceId, key
from shared.plan import permissions
from shared.plan.observed import Read
from shared.plan.steps import Plan
from tests.model.samples import NETWORK, SUBSCRIPTION
from tests.orchestration.requests_desk import Replies
from tests.plan.fake_azure import FakeAzure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shared.store.store import Store

Json = dict[str, Any]

ROUNDS = 60
GROUP = ResourceId.parse(NETWORK).resource_group


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the time."""
        return self.time

    def advance(self, **units: float) -> None:
        """Move the time, in the units of timedelta."""
        self.time += timedelta(**units)


class CountingArm:
    """The door to Azure over the dictionary: notes every call; what is in `denied` may not be read."""

    def __init__(self, azure: FakeAzure) -> None:
        self.azure = azure
        self.calls: list[tuple[str, str]] = []
        self.denied: set[str] = set()
        self.failing: dict[str, Exception] = {}
        self.visible = [SUBSCRIPTION]
        self.granted: Json = {"actions": ["*"], "notActions": []}

    async def get(self, resource_id: str) -> Json | None:
        """Return one resource."""
        self._note("get", resource_id)
        body = self.azure.get(resource_id)
        return None if body is None else self._typed(body)

    async def list(self, type_: str, scope: str) -> tuple[Json, ...]:
        """Return all of a type in a subscription, a group or a parent."""
        self._note(f"list {type_.rpartition('/')[2]}", scope)
        if type_ == permissions.TYPE:
            return ({"id": f"{scope}/providers/{permissions.TYPE}/0", "properties": self.granted},)
        if scope.count("/") > 2:
            return tuple(map(self._typed, self.azure.read([Read(type_, scope)])))
        homes = {str(ResourceId.parse(body["id"]).resource_group) for body in self.azure.resources.values()}
        inside = [home for home in sorted(homes) if home.lower().startswith(f"{scope.lower()}/")]
        found = self.azure.read([Read(type_, home) for home in inside])
        return tuple(self._typed(body) for body in found if ResourceId.parse(body["id"]).type.lower() == type_.lower())

    async def query(self, query: str, subscriptions: Sequence[str]) -> tuple[Json, ...]:
        """Answer the one query that there is: all links of zones."""
        assert "virtualnetworklinks" in query
        self._note("query", " ".join(subscriptions))
        links = (body for where, body in self.azure.resources.items() if "/virtualnetworklinks/" in where)
        return tuple(self._typed(self.azure.get(body["id"]) or {}) for body in links)

    async def subscriptions(self) -> tuple[str, ...]:
        """Return every subscription that we see."""
        self._note("subscriptions", "")
        return tuple(self.visible)

    def counted(self) -> dict[str, int]:
        """Return how often each kind of call was made since the last time, and forget them."""
        found = dict(Counter(verb for verb, _ in self.calls))
        self.calls.clear()
        return found

    def _note(self, verb: str, about: str) -> None:
        self.calls.append((verb, about))
        if key(about) in self.denied:
            raise Denied(f"may not read {about}")
        if about in self.failing:
            raise self.failing[about]

    @staticmethod
    def _typed(body: Json) -> Json:
        return {**body, "type": ResourceId.parse(body["id"]).type}


class Client:
    """A durable client: who was started runs until the test lets it; a running one can be told."""

    def __init__(self) -> None:
        self.running: list[str] = []
        self.told: list[str] = []

    async def start_new(self, name: str, instance_id: str | None = None, client_input: Any = None) -> str:
        """Start an instance; refuse where it runs."""
        assert (name, client_input["version"]) == ("reconcile", 2)
        if client_input["document"] in self.running:
            raise RuntimeError("it runs")
        self.running.append(client_input["document"])
        return str(instance_id)

    async def raise_event(self, instance_id: str, event_name: str, event_data: Any = None) -> None:
        """Tell a running instance."""
        assert (event_name, event_data) == ("wake", {})
        if instance_id not in [DocumentKey.parse(text).instance_id for text in self.running]:
            raise RuntimeError("it does not run")
        self.told.append(instance_id)


class App:
    """The app: documents in the store, networks in the dictionary, and turns that the test decides."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store, self.clock, self.client = store, clock, Client()
        self.azure = FakeAzure()
        self.arm = CountingArm(self.azure)
        self.replies = Replies()
        self.ticks = 0.0
        self.dependencies: Any = SimpleNamespace(
            store=store,
            clock=clock,
            arm=self.arm,
            owners=Register(lambda: self.ticks),
            replies=self.replies,
            events=None,
            access=Access(),
            refusals=Pace(),
            sweep=timedelta(minutes=15),
            look=timedelta(hours=12),
            proof=timedelta(hours=1),
        )

    # Documents

    async def apply(self, document: Any, **status: Any) -> DocumentKey:
        """Store a document as the first or next version, with these members of its status."""
        body = to_json(document) if not isinstance(document, dict) else document
        identity = DocumentKey(body["kind"], body["metadata"]["name"])
        before = await self.store.documents.get(identity)
        generation = before.document["metadata"]["generation"] + 1 if before else 1
        body["metadata"]["generation"] = generation
        body["status"] = (before.document["status"] if before else body.get("status") or {}) | status
        await self.store.documents.put(to_json(parse_document(body)), before.etag if before else None)
        self.ticks += 10  # Nobody remembers who owned what.
        return identity

    async def read(self, text: str | DocumentKey) -> Any:
        """Return a document; None where there is none."""
        identity = DocumentKey.parse(str(text))
        stored = await self.store.documents.get(identity)
        return None if stored is None else parse_document(stored.document)

    async def said(self, text: str | DocumentKey, type_: str) -> tuple[str, str]:
        """Return status and reason of a condition."""
        document = await self.read(text)
        found = [one for one in document.status.conditions if one.type == type_]
        return (found[0].status, found[0].reason) if found else ("", "")

    async def names(self) -> list[str]:
        """Return the keys of all documents."""
        return [f"{item.document['kind']}/{item.document['metadata']['name']}" for item in await self._all()]

    async def _all(self) -> Any:
        return await self.store.documents.list()

    # Azure

    def network(self, *prefixes: str, tag: str | None = "weu", identity: str = NETWORK, **tags: str) -> None:
        """Make or change a network of others; `tag` is the hub that it asks to join."""
        asks = {} if tag is None else {"spokewright-hub": tag}
        group = str(ResourceId.parse(identity).resource_group)
        if self.azure.get(group) is None:
            self.azure.put(group, {"location": "westeurope"})
        space = {"addressSpace": {"addressPrefixes": list(prefixes or ("10.80.0.0/22",))}}
        self.azure.put(identity, {"location": "westeurope", "tags": asks | tags, "properties": space})

    async def event(self, resource: str = NETWORK, who: str = "") -> dict[str, int]:
        """Look at a resource as an event makes the app do; return the calls to Azure that this took."""
        self.arm.counted()
        await onboarding.look(self.dependencies, self.client, resource, who)
        return self.arm.counted()

    # Reconciling

    async def plan(self, text: str | DocumentKey, **job: Any) -> Json:
        """Take one look, as the orchestrator asks for it."""
        self.clock.advance(seconds=3)
        given = {"document": str(text), "run": "r", "inFlight": [], **job}
        return await plan_document(self.dependencies, self.client, given)

    async def conclude(self, text: str | DocumentKey, planned: Json, **job: Any) -> Json:
        """End a run."""
        given = {"document": str(text), "run": "r", "planned": planned, "failures": {}, "converged": True, "steps": 0}
        return await conclude(self.dependencies, self.client, given | job)

    async def execute(self, planned: Json) -> None:
        """Carry out what a look answered, and nothing else of its plan."""
        ids = {step["id"] for step in planned["steps"]}
        plan = Plan.from_json(await self.store.plans.get(planned["planId"]) or {})
        steps = tuple(step for step in plan.steps if step.id in ids)
        await begin_approved(self.dependencies, {"document": plan.document})
        self.azure.execute(Plan(plan.document, plan.generation, steps))
        for step in steps:
            if step.tells:
                about, body = DocumentKey.parse(plan.document), self.azure.get(step.resource_id)
                await publishing.publish(self.dependencies, self.client, about, step.tells, body)

    async def reconcile(self, text: str | DocumentKey) -> Json:
        """Look, carry out, look again until nothing is left, and end; go again where somebody woke it."""
        for _ in range(ROUNDS):
            planned = await self.plan(text)
            if planned["steps"]:
                await self.execute(planned)
                continue
            ended = await self.conclude(text, planned)
            if not ended["again"]:
                return ended
        raise AssertionError(f"{text} does not come to rest: {planned}")

    async def settle(self) -> None:
        """Run everybody who was started until nobody is left."""
        for _ in range(ROUNDS):
            if not self.client.running:
                return
            first = self.client.running[0]
            await self.reconcile(first)
            self.client.running.remove(first)
        raise AssertionError(f"not at rest: {self.client.running}")

    async def ready(self, *documents: Any) -> None:
        """Store documents and bring all to rest."""
        for document in documents:
            await self.wake(await self.apply(document))
        await self.settle()
        self.arm.counted()

    async def wake(self, identity: DocumentKey) -> None:
        """Wake a document's reconciler."""
        await waking.wake(self.store, self.client, identity)
