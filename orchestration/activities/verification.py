"""The proof from inside the network: what machines are asked to run, and what becomes of their answers.

For a cluster: whoever has to resolve its API server (`shared/plan/dns/consumers.py`). For a hub: its DNS servers.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from orchestration.activities import dns_proof, errands, resolution
from orchestration.activities.answers import failed, in_progress
from orchestration.activities.steps import operation_of
from orchestration.observing import load_related
from shared.model import conditions
from shared.model.document import parse_document
from shared.model.envelope import DocumentKey
from shared.model.errors import NotFound, SpokewrightError

if TYPE_CHECKING:
    from orchestration.activities.errands import Errand
    from orchestration.dependencies import Dependencies
    from shared.arm.door import Operation
    from shared.model.document import Document
    from shared.model.related import Related

    Json = dict[str, Any]

OUTPUT = 4096
"""Characters that Azure's run command gives back, its last ones; what came before is cut."""


async def begin_verification(dependencies: Dependencies, job: Json) -> Json:
    """Ask the jump server, or `job["machine"]`, what the document has to know."""
    try:
        document, related = await _load(dependencies, job)
        errand = _errand(document, related, job.get("machine"))
        operation = await dependencies.arm.begin_run_command(str(errand.machine), errand.script)
    except SpokewrightError as error:
        return failed(error)
    return _answer(operation)


async def poll_verification(dependencies: Dependencies, job: Json) -> Json:
    """Look once at the run command; with the jump server's first answer comes what else is to be run, and where."""
    try:
        answer = _answer(await dependencies.arm.poll(operation_of(job["operation"])))
        if answer["state"] == "Succeeded" and "machine" not in job:
            document, related = await _load(dependencies, job)
            others = [errand.name for errand in _errands(document, related)[1:]]
            return answer | ({"machines": others} if others else {})
    except SpokewrightError as error:
        return failed(error)
    return answer


async def record_verification(dependencies: Dependencies, job: Json) -> Json:
    """Write down what was seen: conditions, the rows with their evidence, and a line in the history."""
    document, related = await _load(dependencies, job)
    if document.kind == "Hub":
        found = await dns_proof.record(dependencies, document, related, job)
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


def _errand(document: Document, related: Related, name: str | None) -> Errand:
    """Return what is run now, and where: the first errand, or the named one."""
    known = _errands(document, related)
    if not known:
        message = "the hub has no jump server (spec.jumpServer), and nothing else can look from inside"
        raise NotFound(message, code=conditions.NO_JUMP_SERVER)
    found = errands.find(known, name)
    if found is None:
        raise NotFound(f"{str(name)[:300]} is not to be asked any more: the document changed meanwhile")
    return found


def _errands(document: Document, related: Related) -> tuple[Errand, ...]:
    """Return all that is to be run, the jump server's first; nothing where there is no jump server."""
    return dns_proof.errands(document, related) if document.kind == "Hub" else resolution.errands(document, related)


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
    return {"state": "Succeeded", "output": output[-OUTPUT:]}
