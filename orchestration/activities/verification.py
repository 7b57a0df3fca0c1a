"""The jump server's answer: ask it, read it, and write it down as conditions with their evidence."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import TYPE_CHECKING, Any

from orchestration.activities.answers import failed, in_progress
from orchestration.activities.steps import operation_of
from orchestration.observing import load_related
from shared.model import conditions, naming
from shared.model.conditions import Condition, set_condition
from shared.model.document import parse_document, to_json
from shared.model.envelope import DocumentKey
from shared.model.errors import NotFound, SpokewrightError
from shared.plan import probe
from shared.plan.observed import properties
from shared.plan.resources import network_interface

if TYPE_CHECKING:
    from orchestration.dependencies import Dependencies
    from shared.arm.door import Operation
    from shared.model.cluster import Cluster
    from shared.model.document import Document
    from shared.plan.probe import Finding

    Json = dict[str, Any]

log = logging.getLogger(__name__)

ENDPOINT_NAME = "kube-apiserver"
"""How AKS names the private endpoint of an API server and its network interface."""


async def begin_verification(dependencies: Dependencies, job: Json) -> Json:
    """Ask the hub's jump server to look up the API server's name and connect to it."""
    try:
        cluster = await _cluster(dependencies, job)
        jump_server = await _jump_server(dependencies, cluster)
        name = _private_name(cluster)
        operation = await dependencies.arm.begin_run_command(jump_server, probe.script(name))
    except SpokewrightError as error:
        return failed(error)
    return _answer(operation)


async def poll_verification(dependencies: Dependencies, job: Json) -> Json:
    """Look once at the run command."""
    try:
        return _answer(await dependencies.arm.poll(operation_of(job["operation"])))
    except SpokewrightError as error:
        return failed(error)


async def record_verification(dependencies: Dependencies, job: Json) -> Json:
    """Set `ApiServerResolvable` and `ApiServerReachable` from what the jump server printed."""
    cluster = await _cluster(dependencies, job)
    answer = job["answer"]
    await _remember(dependencies, cluster, job)
    if answer["state"] == "Failed":
        return await _store(dependencies, cluster, _unknown(answer["error"]), {"error": answer["error"]})
    expected = await _endpoint_address(dependencies, cluster)
    seen = probe.read(answer["output"])
    name = _private_name(cluster)
    found_now = [
        _condition(conditions.API_SERVER_RESOLVABLE, probe.resolvable(seen, name, expected)),
        _condition(conditions.API_SERVER_REACHABLE, probe.reachable(seen, name)),
    ]
    evidence = {"addresses": list(seen.addresses), "endpointAddress": expected, "output": seen.evidence}
    return await _store(dependencies, cluster, found_now, evidence)


async def _remember(dependencies: Dependencies, cluster: Cluster, job: Json) -> None:
    """Write the verification into the document's history, as a step that changes nothing."""
    entry = {name: job[name] for name in ("run", "started", "ended")}
    entry |= {"step": "verification", "action": "verify", "reason": "proof from inside the network", "dependsOn": []}
    entry |= {"resourceId": cluster.status.outputs.get("clusterId"), "result": job["answer"]["state"]}
    entry |= {name: job["answer"][name] for name in ("attempts", "polls", "error") if name in job["answer"]}
    await dependencies.store.history.append(
        cluster.key, entry, at=datetime.fromisoformat(job["started"]), entry_id=f"{job['run']}.verification"
    )


async def _cluster(dependencies: Dependencies, job: Json) -> Cluster:
    stored = await dependencies.store.documents.get(DocumentKey.parse(job["document"]))
    if stored is None:
        raise NotFound(f"{job['document']} was removed meanwhile")
    document: Any = parse_document(stored.document)
    cluster: Cluster = document
    return cluster


async def _jump_server(dependencies: Dependencies, cluster: Cluster) -> str:
    related = await load_related(dependencies.store, cluster)
    if related.hub is None or related.hub.spec.jump_server is None:
        message = "the hub has no jump server (spec.jumpServer), and nothing else can look from inside"
        raise NotFound(message, code=conditions.NO_JUMP_SERVER)
    return str(naming.jump_server(related.hub))


def _private_name(cluster: Cluster) -> str:
    name = cluster.status.outputs.get("privateFqdn") or cluster.status.outputs.get("fqdn")
    if not name:
        raise NotFound("the cluster has no API server name yet")
    return str(name)


async def _endpoint_address(dependencies: Dependencies, cluster: Cluster) -> str | None:
    """Return the private endpoint's present address: it may move when a cluster is stopped and started."""
    group = cluster.status.outputs.get("nodeResourceGroupId")
    if not group:
        return None
    interfaces = await dependencies.arm.list(network_interface.TYPE, group)
    for interface in interfaces:
        if ENDPOINT_NAME in interface["name"].lower():
            configuration = properties(interface)["ipConfigurations"][0]
            return str(properties(configuration)["privateIPAddress"])
    return None


def _unknown(error: Json) -> list[Condition]:
    """Return the conditions of a check that was not made."""
    lacking = error["code"] == conditions.NO_JUMP_SERVER
    reason = conditions.NO_JUMP_SERVER if lacking else conditions.VERIFICATION_FAILED
    message = error["message"] if lacking else f"the check could not be run on the jump server: {error['message']}"
    return [
        Condition(type=type_, status="Unknown", reason=reason, message=message)
        for type_ in (conditions.API_SERVER_RESOLVABLE, conditions.API_SERVER_REACHABLE)
    ]


def _answer(operation: Operation) -> Json:
    if operation.state != "Succeeded":
        return in_progress(operation)
    output: str = operation.result or ""
    return {"state": "Succeeded", "output": output[: probe.EVIDENCE * 4]}


def _condition(type_: str, finding: Finding) -> Condition:
    status = "True" if finding.holds else "False"
    return Condition.model_validate(
        {"type": type_, "status": status, "reason": finding.reason, "message": finding.message}
    )


async def _store(dependencies: Dependencies, cluster: Cluster, found: list[Condition], evidence: Json) -> Json:
    now = dependencies.clock()

    def change(document: Json) -> Json:
        current: Document = parse_document(document)
        status = current.status
        for condition in found:
            status = status.model_copy(update={"conditions": set_condition(status.conditions, condition, now)})
        outputs = status.outputs | {"verification": {**evidence, "time": now.isoformat()}}
        status = status.model_copy(update={"verified_at": now, "outputs": outputs})
        return to_json(current.model_copy(update={"status": status}))

    await dependencies.store.documents.update(cluster.key, change)
    log.info(
        "verification.recorded document=%s %s",
        cluster.key,
        " ".join(f"{condition.type}={condition.status}" for condition in found),
    )
    return {condition.type: condition.status for condition in found}
