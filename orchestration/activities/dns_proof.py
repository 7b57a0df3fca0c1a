"""A hub's DNS servers, asked from its jump server: what they answered is stored as the proof that networks wait for."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from orchestration.activities.errands import Errand, errands_on, together
from shared.model import conditions, naming
from shared.model.conditions import set_condition
from shared.model.document import parse_document, to_json
from shared.plan.dns import proof, rollout

if TYPE_CHECKING:
    from orchestration.dependencies import Dependencies
    from shared.model.document import Document
    from shared.model.related import Related

    Json = dict[str, Any]

log = logging.getLogger(__name__)


def errands(hub: Any, related: Related) -> tuple[Errand, ...]:
    """Return what the jump server runs; nothing where there is none."""
    if hub.spec.jump_server is None:
        return ()
    return errands_on(naming.jump_server(hub), proof.scripts(hub, proof.private_names(related)))


async def record(dependencies: Dependencies, hub: Any, related: Related, job: Json) -> Json:
    """Store what each server answered; the hub's next look, which is asked for, decides what follows."""
    now, answer = dependencies.clock(), together(job)
    names = proof.private_names(related)
    failed = answer["state"] == "Failed"

    def change(stored: Json) -> Json:
        current: Any = parse_document(stored)
        status = current.status
        if failed:
            # What is known stays, and is said to be old: no look calls it proven until the servers were asked again.
            proven = status.outputs.get(rollout.PROOF, {}) | {"failed": answer["error"]["message"][: conditions.SHOWN]}
        else:
            proven = _proof(current, answer["output"], names, now.isoformat())
        status = status.model_copy(update={"outputs": status.outputs | {rollout.PROOF: proven}})
        current = current.model_copy(update={"status": status})
        found = proof.condition(current, related, rollout.has(current))
        kept = status.conditions if found is None else set_condition(status.conditions, found, now)
        status = status.model_copy(update={"conditions": kept, "verified_at": now})
        return to_json(current.model_copy(update={"status": status}))

    written = await dependencies.store.documents.update(hub.key, change)
    if failed:
        return {"error": answer["error"]}
    after: Any = parse_document(written.document)
    decided = rollout.advance(after, related, rollout.has(after))
    if _is_news(hub, after) or decided != rollout.advance(hub, related, rollout.has(hub)):
        # Somebody's turn has come, or a forwarder's to be made anew: the run goes again, with a look that says so.
        await dependencies.store.wakes.request(hub.key)
    return _summary(after)


def _proof(hub: Any, output: str, names: list[str], at: str) -> Json:
    """Return the stored form; `moved` says after whose change it was taken, `forwarders` of which machines."""
    found = {"servers": proof.read(hub, output, names), "moved": list(rollout.State.of(hub).moved)}
    known = hub.status.outputs.get(rollout.STANDING)
    of_machines = {} if known is None else {"forwarders": known}
    return {**found, **of_machines, "generation": hub.metadata.generation, "time": at}


def _is_news(before: Any, after: Any) -> bool:
    """Say whether the proof tells more than who answers whom: of another document, of other machines, of a change."""
    told = [hub.status.outputs.get(rollout.PROOF, {}) for hub in (before, after)]
    answers = [{one: found["answers"] for one, found in proven.get("servers", {}).items()} for proven in told]
    same = all(told[0].get(name) == told[1].get(name) for name in ("generation", "forwarders"))
    return not same or answers[0] != answers[1]


def _summary(hub: Document) -> Json:
    servers = hub.status.outputs[rollout.PROOF]["servers"]
    answers = {address: found["answers"] for address, found in servers.items()}
    log.info("dns.proved document=%s answering=%d of=%d", hub.key, sum(answers.values()), len(answers))
    return answers
