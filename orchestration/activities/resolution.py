"""A cluster's API server as every consumer sees it: asked, judged, explained, and stored as the resolution matrix."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from orchestration import observing
from orchestration.activities.errands import Errand, answers, errands_on
from shared.model import conditions, naming
from shared.model.conditions import Condition, set_condition
from shared.model.document import parse_document, to_json
from shared.model.errors import NotFound, SpokewrightError
from shared.model.resource_id import ResourceId
from shared.plan import diagnosis, endpoint, probe
from shared.plan.dns import consumers, matrix, servers
from shared.plan.documents import attached_cluster
from shared.plan.probe import Resolution
from shared.plan.resources import network_interface
from shared.plan.steps import lookup

if TYPE_CHECKING:
    from orchestration.dependencies import Dependencies
    from shared.model.related import Related
    from shared.plan.dns.consumers import Consumer
    from shared.plan.dns.matrix import Row

    Json = dict[str, Any]

log = logging.getLogger(__name__)

CACHED_FOR = timedelta(minutes=10)
"""How long a server may have an endpoint's old address in its cache: AKS's records live for five minutes."""


def machines(related: Related) -> tuple[ResourceId, ...]:
    """Return the machines to ask, the jump server first; none where the hub has none."""
    hub = related.hub
    if hub is None or hub.spec.jump_server is None:
        return ()
    return consumers.machines(_rows(related))


def _rows(related: Related) -> tuple[Consumer, ...]:
    return () if related.hub is None else consumers.of_cluster(related.hub, related.spokes)


def errands(cluster: Any, related: Related) -> tuple[Errand, ...]:
    """Return what machines run, the jump server first; nothing where the hub has none."""
    known, rows = machines(related), _rows(related)
    if not known:
        return ()
    name = _name(cluster)
    asked = (errands_on(machine, consumers.scripts(rows, machine, name)) for machine in known)
    return tuple(errand for errands_of_one in asked for errand in errands_of_one)


def _name(cluster: Any) -> str:
    name = cluster.status.outputs.get("privateFqdn") or cluster.status.outputs.get("fqdn")
    if not name:
        raise NotFound("the cluster has no API server name yet")
    return str(name)


async def record(dependencies: Dependencies, cluster: Any, related: Related, job: Json) -> Json:
    """Set `ApiServerResolvable` and `ApiServerReachable` from what machines printed; store the rows."""
    answer = _of_jump_server(related, job)
    if answer["state"] == "Failed":
        return await _store(dependencies, cluster, _unknown(answer["error"]), {"error": answer["error"]})
    address = await _endpoint_address(dependencies, cluster)
    seen = _seen(related, job)
    rows = matrix.judge(_rows(related), seen, _name(cluster), address)
    explained = await _explained(dependencies, cluster, related, rows, address)
    moved = _moved(cluster, address, dependencies.clock())
    old = moved.get("from", "") if _still_cached(rows, moved, dependencies.clock()) else ""
    evidence = _evidence(explained, address, moved, dependencies.clock().isoformat())
    return await _store(dependencies, cluster, list(matrix.conditions(explained, moved=old)), evidence)


def _of_jump_server(related: Related, job: Json) -> Json:
    """Return all that the jump server answered; without it nothing was proved."""
    jump_server = next(iter(machines(related)), None)
    if jump_server is not None:
        return answers(job, jump_server)[jump_server.key]
    error = {"code": conditions.NO_JUMP_SERVER, "message": "the hub has no jump server any more"}
    return dict(job["answer"]) if job["answer"]["state"] == "Failed" else {"state": "Failed", "error": error}


def _evidence(rows: tuple[Row, ...], address: str | None, moved: Json, at: str) -> Json:
    """Return what is kept of a proof: what the jump server saw, where the endpoint is, and every row."""
    first = next((seen for row in rows[:1] for seen in row.probes), probe.read(""))
    told = {"addresses": list(first.addresses), endpoint.ADDRESS: address, "output": first.evidence}
    return told | {"consumers": [row.to_json(at) for row in rows]} | ({"moved": moved} if moved else {})


def _seen(related: Related, job: Json) -> matrix.Seen:
    found = answers(job, machines(related)[0])
    outputs = {key: given["output"] for key, given in found.items() if given["state"] == "Succeeded"}
    errors = {key: given["error"]["message"] for key, given in found.items() if given["state"] == "Failed"}
    return matrix.Seen(outputs, errors)


def _moved(cluster: Any, address: str | None, now: datetime) -> Json:
    """Return from where the endpoint moved and when, the last time that it was seen to."""
    before: Json = cluster.status.outputs.get("verification") or {}
    had = before.get(endpoint.ADDRESS)
    if had is not None and address is not None and had != address:
        return {"from": had, "at": now.isoformat()}
    return dict(before.get("moved") or {})


def _still_cached(rows: tuple[Row, ...], moved: Json, now: datetime) -> bool:
    """Say whether what is wrong is only that the old address is still in caches, which ends by itself."""
    if not moved or now - datetime.fromisoformat(moved["at"]) > CACHED_FOR:
        return False
    return matrix.stale(rows, moved["from"])


async def _endpoint_address(dependencies: Dependencies, cluster: Any) -> str | None:
    """Return the private endpoint's present address: it may move when a cluster is stopped and started."""
    group = cluster.status.outputs.get(endpoint.GROUP)
    if not group:
        return None
    return endpoint.address_in(await dependencies.arm.list(network_interface.TYPE, group))


async def _explained(
    dependencies: Dependencies, cluster: Any, related: Related, rows: tuple[Row, ...], address: str | None
) -> tuple[Row, ...]:
    """Return the rows with the broken link said where something is wrong: only then Azure is asked about it."""
    wrong = [row for row in rows if row.wrong is not None and row.consumer.machine is not None]
    places = await _places(dependencies, {str(row.consumer.machine) for row in wrong})
    cases = {
        row.consumer.name: _case(cluster, related, rows, row, (place, address))
        for row in wrong
        if (place := places[str(row.consumer.machine)]) is not None
    }
    links = await asyncio.gather(*(_diagnosed(dependencies, case) for case in cases.values()))
    found = dict(zip(cases, links, strict=True))
    return tuple(matrix.explained(row, found.get(row.consumer.name)) for row in rows)


async def _places(dependencies: Dependencies, machines: set[str]) -> dict[str, _Place | None]:
    """Return where machines stand: a few more reads, once something is wrong."""
    names = sorted(machines)
    return dict(zip(names, await asyncio.gather(*(_place(dependencies, name) for name in names)), strict=True))


async def _place(dependencies: Dependencies, machine: str) -> _Place | None:
    """Return where a machine stands; nothing where it cannot be read: what was seen is said all the same."""
    try:
        body = await dependencies.arm.get(machine)
        interface = lookup(body, "properties.networkProfile.networkInterfaces.0.id")
        seat = None if interface is None else await dependencies.arm.get(str(interface))
    except SpokewrightError as error:
        log.warning("diagnosis.no_place machine=%s reason=%s", machine, error)
        return None
    where = "properties.ipConfigurations.0.properties"
    subnet, address = lookup(seat, f"{where}.subnet.id"), lookup(seat, f"{where}.privateIPAddress")
    return None if subnet is None else _Place(ResourceId.parse(str(subnet)), str(address or ""))


async def _diagnosed(dependencies: Dependencies, case: diagnosis.Case) -> diagnosis.Diagnosis | None:
    """Return the broken link; nothing where Azure cannot be asked: what was seen is said all the same."""
    try:
        observed = await observing.ask(dependencies.arm, diagnosis.reads(case), lenient=True)
        further = diagnosis.further_reads(case, observed)
        if further:
            observed = observed.joined(await observing.ask(dependencies.arm, further, lenient=True))
    except SpokewrightError as error:
        log.warning("diagnosis.not_made name=%s reason=%s", case.name, error)
        return None
    return diagnosis.diagnose(case, observed)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the asking machine of a row stands."""

    subnet: ResourceId
    address: str


def _case(
    cluster: Any, related: Related, rows: tuple[Row, ...], row: Row, seen: tuple[_Place, str | None]
) -> diagnosis.Case:
    place, address = seen
    hub: Any = related.hub
    spoke: Any = related.spoke
    wrong = next((each for each in row.probes if each.resolution is not Resolution.RESOLVED), row.probes[0])
    zone = cluster.status.outputs.get(attached_cluster.ZONE_OUTPUT)
    shared = naming.private_dns_zone(hub) if cluster.spec.private_dns.mode == "shared" else None
    return diagnosis.Case(
        name=_name(cluster),
        endpoint=address,
        consumer=place.subnet.parent,
        subnet=place.subnet,
        address=place.address,
        home=naming.spoke_network(spoke, hub),
        hub=naming.hub_network(hub),
        zone=shared if zone is None else ResourceId.parse(zone),
        servers=tuple(_asked(hub, rows, row, server) for server in row.consumer.servers),
        firewall_policy=naming.firewall_policy(hub),
        firewall=naming.firewall(hub),
        probe=wrong,
        cluster=naming.managed_cluster(cluster, spoke, hub),
    )


def _asked(hub: Any, rows: tuple[Row, ...], wrong: Row, server: str) -> diagnosis.Asked:
    """Return how a server answered this row's machine when it was asked by itself; elsewhere it may answer."""
    same = (row for row in rows if row.consumer.machine == wrong.consumer.machine and row.probes)
    for row in same:
        if row.consumer.directly and server in row.consumer.servers:
            seen = row.probes[row.consumer.servers.index(server)]
            return diagnosis.Asked(server, servers.network_of(hub, server), seen.resolution, seen.addresses)
    return diagnosis.Asked(server, servers.network_of(hub, server), Resolution.NOT_RUN)


def _unknown(error: Json) -> list[Condition]:
    """Return the conditions of a check that was not made."""
    lacking = error["code"] == conditions.NO_JUMP_SERVER
    reason = conditions.NO_JUMP_SERVER if lacking else conditions.VERIFICATION_FAILED
    message = error["message"] if lacking else f"the check could not be run on the jump server: {error['message']}"
    return [
        Condition(type=type_, status="Unknown", reason=reason, message=message)
        for type_ in (conditions.API_SERVER_RESOLVABLE, conditions.API_SERVER_REACHABLE)
    ]


async def _store(dependencies: Dependencies, cluster: Any, found: list[Condition], evidence: Json) -> Json:
    now = dependencies.clock()

    def change(document: Json) -> Json:
        current: Any = parse_document(document)
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
