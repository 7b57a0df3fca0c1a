"""The proof from inside the network: what machines are asked to run, and what becomes of their answers.

For a cluster: whoever has to resolve its API server (`shared/plan/dns/consumers.py`). For a hub: its DNS servers.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from orchestration.activities import dns_proof, resolution
from orchestration.activities.answers import failed, in_progress
from orchestration.activities.steps import operation_of
from orchestration.observing import load_related
from shared.model import conditions
from shared.model.document import parse_document
from shared.model.envelope import DocumentKey
from shared.model.errors import NotFound, SpokewrightError
from shared.model.resource_id import ResourceId

if TYPE_CHECKING:
    from orchestration.dependencies import Dependencies
    from shared.arm.door import Operation
    from shared.model.document import Document
    from shared.model.related import Related

    Json = dict[str, Any]

OUTPUT = 4096
"""Characters that Azure's run command gives back; what came before is cut."""


async def begin_verification(dependencies: Dependencies, job: Json) -> Json:
    """Ask the jump server, or `job["machine"]`, what the document has to know."""
    try:
        document, related = await _load(dependencies, job)
        machine, script = _question(document, related, job.get("machine"))
        operation = await dependencies.arm.begin_run_command(str(machine), script)
    except SpokewrightError as error:
        return failed(error)
    return _answer(operation)


async def poll_verification(dependencies: Dependencies, job: Json) -> Json:
    """Look once at the run command; with the jump server's answer come the other machines that are to be asked."""
    try:
        answer = _answer(await dependencies.arm.poll(operation_of(job["operation"])))
        if answer["state"] == "Succeeded" and "machine" not in job:
            document, related = await _load(dependencies, job)
            others = _machines(document, related)[1:]
            return answer | ({"machines": list(map(str, others))} if others else {})
    except SpokewrightError as error:
        return failed(error)
    return answer


async def record_verification(dependencies: Dependencies, job: Json) -> Json:
    """Write down what was seen: conditions, the rows with their evidence, and a line in the history."""
    document, related = await _load(dependencies, job)
    if document.kind == "Hub":
        found = await dns_proof.record(dependencies, document, related, job["answer"])
    else:
        found = await resolution.record(dependencies, document, related, job)
    await _remember(dependencies, document, job, found)
    return found


async def _load(dependencies: Dependencies, job: Json) -> tuple[Document, Related]:
    stored = await dependencies.store.documents.get(DocumentKey.parse(job["document"]))
    if stored is None:
        raise NotFound(f"{job['document']} was removed meanwhile")
    document = parse_document(stored.document)
    return document, await load_related(dependencies.store, document)


def _question(document: Document, related: Related, machine: str | None) -> tuple[ResourceId, tuple[str, ...]]:
    """Return which machine is asked now, and the lines that it runs."""
    known = _machines(document, related)
    if not known:
        message = "the hub has no jump server (spec.jumpServer), and nothing else can look from inside"
        raise NotFound(message, code=conditions.NO_JUMP_SERVER)
    chosen = known[0] if machine is None else ResourceId.parse(machine)
    if document.kind == "Hub":
        return chosen, dns_proof.script(document, related)
    return chosen, resolution.script(document, related, chosen)


def _machines(document: Document, related: Related) -> tuple[ResourceId, ...]:
    """Return the machines to ask, the jump server first; none where there is no jump server."""
    return dns_proof.machines(document) if document.kind == "Hub" else resolution.machines(related)


async def _remember(dependencies: Dependencies, document: Document, job: Json, found: Json) -> None:
    """Write the verification into the document's history, as a step that changes nothing."""
    entry = {name: job[name] for name in ("run", "started", "ended")}
    entry |= {"step": "verification", "action": "verify", "reason": "proof from inside the network", "dependsOn": []}
    outputs = document.status.outputs
    entry |= {"resourceId": outputs.get("clusterId") or outputs.get("virtualNetworkId")}
    entry |= {"result": job["answer"]["state"], "found": found}
    entry |= {name: job["answer"][name] for name in ("attempts", "polls", "error") if name in job["answer"]}
    await dependencies.store.history.append(
        document.key, entry, at=datetime.fromisoformat(job["started"]), entry_id=f"{job['run']}.verification"
    )


def _answer(operation: Operation) -> Json:
    if operation.state != "Succeeded":
        return in_progress(operation)
    output: str = operation.result or ""
    return {"state": "Succeeded", "output": output[:OUTPUT]}
