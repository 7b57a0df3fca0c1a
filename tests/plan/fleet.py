"""Documents that live on a small Azure of our own: planned, applied and published in turn, until nothing is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shared.model.document import parse_document, to_json
from shared.model.envelope import KINDS, DocumentKey
from shared.model.related import Related
from shared.plan import planner
from shared.plan.dns import rollout
from shared.plan.documents import hub as hubs
from shared.plan.documents import hub_dns
from shared.plan.documents.attached_cluster import ZONE_OUTPUT
from tests.plan.fake_azure import FakeAzure

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shared.model.document import Document
    from shared.plan.observed import Observed
    from shared.plan.steps import Plan, Step
    from tests.plan.fake_azure import Choice

ROUNDS = 20
"""No document needs more looks than this: what does never comes to rest."""


class Fleet:
    """What `orchestration` does with documents, without everything that makes it durable."""

    def __init__(self, documents: Iterable[Document], azure: FakeAzure | None = None) -> None:
        self.documents: dict[DocumentKey, Any] = {document.key: document for document in documents}
        self.azure = azure or FakeAzure()
        self.silent: set[str] = set()
        """DNS servers that do not answer."""

    def related(self, document: Any) -> Related:
        """Return what the document's plan looks at."""
        match document.kind:
            case "Hub":
                spokes = tuple(self._naming("Spoke", "hub", document.name))
                clusters = [found for spoke in spokes for found in self._naming("Cluster", "spoke", spoke.name)]
                return Related(spokes=spokes, clusters=tuple(clusters))
            case "Spoke":
                clusters = tuple(self._naming("Cluster", "spoke", document.name))
                return Related(hub=self.documents.get(DocumentKey("Hub", document.spec.hub)), clusters=clusters)
            case _:
                spoke = self.documents.get(DocumentKey("Spoke", document.spec.spoke))
                hub = spoke and self.documents.get(DocumentKey("Hub", spoke.spec.hub))
                neighbours = tuple(self._neighbours(document, hub))
                return Related(hub=hub, spoke=spoke, spokes=tuple(self._asking(hub)), neighbours=neighbours)

    def _asking(self, hub: Any) -> Iterable[Any]:
        spokes = () if hub is None else self._naming("Spoke", "hub", hub.name)
        return (spoke for spoke in spokes if spoke.spec.dns.resolves_clusters)

    def _neighbours(self, cluster: Any, hub: Any) -> Iterable[Any]:
        if hub is None or not cluster.spec.attached:
            return []
        clusters = self.related(hub).clusters
        return [other for other in clusters if other.key != cluster.key and ZONE_OUTPUT in other.status.outputs]

    def _naming(self, kind: str, member: str, name: str) -> Iterable[Any]:
        found = (document for key, document in sorted(self.documents.items()) if key.kind == kind)
        return (document for document in found if getattr(document.spec, member) == name)

    def plan(self, key: DocumentKey) -> Plan:
        """Look once."""
        document = self.documents[key]
        related = self.related(document)
        return planner.make(document, related, self.look(document))

    def look(self, document: Any) -> Observed:
        """Ask what the document's plan needs, and then what the answers raise."""
        related = self.related(document)
        observed = self.azure.read(planner.reads(document, related))
        return observed.joined(self.azure.read(planner.further_reads(document, related, observed)))

    def publish(self, key: DocumentKey) -> bool:
        """Set a document's outputs to what is there now; say whether they changed."""
        document = self.documents[key]
        related = self.related(document)
        found = planner.outputs(document, related, self.look(document))
        self.documents[key] = document.model_copy(
            update={"status": document.status.model_copy(update={"outputs": found})}
        )
        return bool(found != document.status.outputs)

    def turn(self, key: DocumentKey, choose: Choice = lambda _: 0) -> tuple[Step, ...]:
        """Look, apply, publish; a document that is to go and has nothing left is removed."""
        plan = self.plan(key)
        self.azure.execute(plan, choose)
        if self.documents[key].deleting and not plan.steps and not plan.waits:
            del self.documents[key]
        return plan.steps

    def prove(self, key: DocumentKey) -> bool:
        """Ask a hub's DNS servers, where that is due and its plan is done; say whether they were asked."""
        hub = self.documents[key]
        related, observed = self.related(hub), self.look(hub)
        have = hubs.dns_servers_of(hub, observed)
        if hub.deleting or have is None or planner.make(hub, related, observed).steps:
            return False
        if not rollout.proof_is_due(hub, related, have) and hub_dns.is_proven(hub, observed):
            return False
        found = {address: {"answers": address not in self.silent, "message": f"{address} is silent"}
                 for address in rollout.addresses_to_ask(hub)}  # fmt: skip
        moved = list(rollout.State.of(hub).moved)
        standing = hub.status.outputs.get(rollout.STANDING)
        proof = {"servers": found, "moved": moved, "generation": hub.metadata.generation, "forwarders": standing}
        news = proof != hub.status.outputs.get(rollout.PROOF)
        outputs = hub.status.outputs | {rollout.PROOF: proof}
        self.documents[key] = hub.model_copy(update={"status": hub.status.model_copy(update={"outputs": outputs})})
        return news

    def settle(self, choose: Choice = lambda _: 0, order: tuple[str, ...] = KINDS) -> list[Step]:
        """Take turns until nothing happens any more; return every step that was taken."""
        taken: list[Step] = []
        for _ in range(ROUNDS):
            before = self.documents.keys() | set()
            steps = [step for key in self._in(order) for step in self.turn(key, choose)]
            told = [self.publish(key) for key in self._in(order)]
            told += [self.prove(key) for key in self._in(order) if key.kind == "Hub"]
            taken += steps
            if not steps and not any(told) and before == self.documents.keys():
                return taken
        raise AssertionError(f"not settled after {ROUNDS} rounds: {[step.reason for step in steps]}")

    def _in(self, order: tuple[str, ...]) -> list[DocumentKey]:
        return sorted(self.documents, key=lambda key: (order.index(key.kind), key.name))

    def waits(self) -> dict[str, list[str]]:
        """Return what each document waits for."""
        found = {str(key): [wait.message for wait in self.plan(key).waits] for key in self.documents}
        return {key: messages for key, messages in found.items() if messages}

    def change(self, key: DocumentKey, document: Document) -> None:
        """Apply another version of a document."""
        self.documents[key] = document.model_copy(update={"status": self.documents[key].status})

    def delete(self, *keys: DocumentKey) -> None:
        """Ask for the deletion of documents."""
        for key in keys or tuple(self.documents):
            body = to_json(self.documents[key])
            body["metadata"]["deletionRequested"] = "2026-01-01T00:00:00Z"
            self.documents[key] = parse_document(body)
