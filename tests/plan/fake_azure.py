"""A small Azure in a dictionary: what a PUT replaces, what Azure computes, what it refuses. Knows no document.

It refuses by AssertionError: a plan that runs into a refusal is wrong. It imports the id type and the steps of ours,
so it is no oracle for them; `local.simulator` is.
"""

from __future__ import annotations

import copy
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from shared.model.resource_id import ResourceId, key
from shared.plan.documents.zone_links import OF_NETWORK
from shared.plan.observed import NESTED, Observed, Read
from shared.plan.planner import IN_A_GROUP
from shared.plan.steps import Action, Plan, Step, fill

Json = dict[str, Any]
Choice = Callable[[Sequence[Step]], int]

NETWORK = "microsoft.network/virtualnetworks"
PEERING = f"{NETWORK}/virtualnetworkpeerings"
GROUP = "microsoft.resources/resourcegroups"
ZONE = "microsoft.network/privatednszones"
HARMLESS = (PEERING, f"{ZONE}/virtualnetworklinks")
"""Kinds that may point to what is gone: the other side of a peering, a linked network."""


def _leads_to(body: Json, network: str) -> bool:
    """Say whether a resource is a link of a zone to a network."""
    target = (body.get("properties") or {}).get("virtualNetwork") or {}
    return "/virtualnetworklinks/" in key(body["id"]) and key(str(target.get("id", "/"))) == network


class FakeAzure:
    """Resources by key, flat; children are nested only in answers, as Azure does."""

    def __init__(self) -> None:
        self.resources: dict[str, Json] = {}
        self.writes: list[tuple[str, str]] = []
        self.foreign: set[str] = set()
        self.versions = 0

    # Reading

    def read(self, questions: Iterable[Read]) -> Observed:
        """Answer a plan's questions."""
        asked = tuple(questions)
        return Observed((body for question in asked for body in self._answer(question)), asked=asked)

    def get(self, resource_id: ResourceId | str) -> Json | None:
        """Return one resource as Azure shows it: children inside, ids in a case of its own."""
        body = self.resources.get(key(str(resource_id)))
        return None if body is None else _respelled(self._nested(body))

    def _answer(self, question: Read) -> Iterator[Json]:
        if not question.type:
            found = self.get(question.scope)
            yield from () if found is None else (found,)
            return
        scope = key(question.scope)
        if question.type == OF_NETWORK:
            yield from (body for body in map(_respelled, self.resources.values()) if _leads_to(body, scope))
            return
        for where, body in sorted(self.resources.items()):
            identity = ResourceId.parse(body["id"])
            if not identity.segments or identity.parent.key != scope or identity.scope:
                continue
            if question.type == IN_A_GROUP:
                yield {name: body[name] for name in ("id", "name", "location") if name in body}
            elif identity.type.lower() == question.type.lower():
                yield _respelled(self._nested(self.resources[where]))

    def _nested(self, body: Json) -> Json:
        body = copy.deepcopy(body)
        for member in NESTED:
            prefix = f"{key(body['id'])}/{member.lower()}/"
            children = [child for where, child in sorted(self.resources.items()) if where.startswith(prefix)]
            if children:
                body["properties"][member] = [self._nested(child) for child in children]
        return body

    # Writing

    def put(self, resource_id: str, body: Json) -> None:
        """Create or replace a resource, as far as Azure would."""
        identity = ResourceId.parse(resource_id)
        if identity.type.lower() != GROUP:
            home = identity.scope or (identity.resource_group if len(identity.segments) == 1 else identity.parent)
            self._require(str(home), f"the home of {resource_id}")
        for target in _ids_in(body):
            self._require(target, f"named by {resource_id}")
        before = self.resources.get(identity.key)
        computed = copy.deepcopy(body)
        properties = computed.setdefault("properties", {})
        children = {name: properties.pop(name, None) for name in NESTED}
        properties["provisioningState"] = "Succeeded"
        self.versions += 1
        computed |= {"id": resource_id, "name": identity.name, "etag": f'W/"{self.versions}"'}
        self.resources[identity.key] = computed
        for member, items in children.items():
            self._replace_children(identity, member, items)
        self._compute(identity, computed, before)

    def _replace_children(self, parent: ResourceId, member: str, items: list[Json] | None) -> None:
        if items is None:
            return  # Omitted children are kept.
        named = {parent.child(member, item["name"]).key for item in items}
        for where in [where for where in self.resources if where.startswith(f"{parent.key}/{member.lower()}/")]:
            assert where in named, f"PUT of {parent} would have deleted {where}"
        for item in items:
            body = {name: value for name, value in item.items() if name not in ("id", "etag")}
            self.put(str(parent.child(member, item["name"])), body)

    def _compute(self, identity: ResourceId, body: Json, before: Json | None) -> None:
        """Fill in what Azure computes."""
        match identity.type.lower():
            case "microsoft.network/azurefirewalls":
                body["properties"]["ipConfigurations"][0]["properties"]["privateIPAddress"] = "10.0.0.4"
            case "microsoft.managedidentity/userassignedidentities":
                born = before["properties"]["principalId"] if before else _guid(f"{identity.key}{self.versions}")
                body["properties"] |= {"principalId": born, "clientId": _guid(born)}
            case "microsoft.compute/virtualmachines":
                known = before["properties"]["vmId"] if before else _guid(f"{identity.key}{self.versions}")
                body["properties"]["vmId"] = known
            case "microsoft.network/virtualnetworks/virtualnetworkpeerings":
                self._peer(identity, body)
            case "microsoft.containerservice/managedclusters":
                self._compute_cluster(identity, body, before)

    def _peer(self, identity: ResourceId, body: Json) -> None:
        remote = key(body["properties"]["remoteVirtualNetwork"]["id"])
        other = self._other_side(identity.parent.key, remote)
        states = ("Initiated", "RemoteNotInSync") if other is None else ("Connected", "FullyInSync")
        for side in filter(None, (body, other)):
            assert side["properties"].get("peeringState") != "Disconnected" or side is body, (
                "RemotePeeringIsDisconnected"
            )
            side["properties"]["peeringState"], side["properties"]["peeringSyncLevel"] = states

    def _other_side(self, network: str, remote: str) -> Json | None:
        prefix = f"{remote}/virtualnetworkpeerings/"
        sides = (body for where, body in self.resources.items() if where.startswith(prefix))
        return next((side for side in sides if key(side["properties"]["remoteVirtualNetwork"]["id"]) == network), None)

    def _compute_cluster(self, identity: ResourceId, body: Json, before: Json | None) -> None:
        properties = body["properties"]
        access = properties.get("apiServerAccessProfile") or {}
        zone = access.get("privateDNSZone", "system") if access.get("enablePrivateCluster") else "none"
        group = f"/subscriptions/{identity.subscription}/resourceGroups/{properties['nodeResourceGroup']}"
        region = f"privatelink.{body['location']}.azmk8s.io"
        if before is None:
            self.put(group, {"location": body["location"]})
        if zone == "system":
            zone = f"{group}/providers/Microsoft.Network/privateDnsZones/{_guid(identity.key)}.{region}"
            if before is None:
                self.put(zone, {"location": "global"})
        if zone != "none":
            properties["privateFQDN"] = f"{properties['dnsPrefix']}-1a2b.{zone.rsplit('/', 1)[1]}"
            network = ResourceId.parse(properties["agentPoolProfiles"][0]["vnetSubnetID"]).parent
            link = f"{zone}/virtualNetworkLinks/{identity.name}"
            self.put(link, {"location": "global", "properties": {"virtualNetwork": {"id": str(network)}}})
        properties["fqdn"] = f"{properties['dnsPrefix']}-1a2b.hcp.{body['location']}.azmk8s.io"
        identities = body.get("identity") or {}
        for target in list(identities.get("userAssignedIdentities", ())):
            del identities["userAssignedIdentities"][target]
            known = target.replace("resourceGroups", "resourcegroups")
            identities["userAssignedIdentities"][known] = {"principalId": _guid(target)}

    def delete(self, resource_id: str) -> None:
        """Remove a resource and what lies in it; refuse while anything else uses it."""
        identity = ResourceId.parse(resource_id)
        going = [where for where in self.resources if where == identity.key or where.startswith(f"{identity.key}/")]
        assert not self.foreign & set(going), f"deleting {identity} takes {self.foreign & set(going)} with it"
        if identity.type.lower() == ZONE:
            assert not any("/virtualnetworklinks/" in where for where in going), (
                f"CannotDeleteResource: {identity} has links"
            )
        for where, body in self.resources.items():
            if where in going or ResourceId.parse(body["id"]).type.lower() in HARMLESS:
                continue
            users = [target for target in _ids_in(body) if key(target) in going]
            assert not users, f"InUse: {where} uses {users}"
        for where in going:
            self._forget(self.resources.pop(where))

    def _forget(self, body: Json) -> None:
        identity = ResourceId.parse(body["id"])
        if identity.type.lower() == PEERING:
            other = self._other_side(identity.parent.key, key(body["properties"]["remoteVirtualNetwork"]["id"]))
            if other is not None:
                other["properties"]["peeringState"] = "Disconnected"
        if identity.type.lower() == "microsoft.containerservice/managedclusters":
            self.delete(
                f"/subscriptions/{identity.subscription}/resourceGroups/{body['properties']['nodeResourceGroup']}"
            )

    # Executing

    def execute(self, plan: Plan, choose: Choice = lambda _: 0) -> None:
        """Run a plan's steps; `choose` says which of those that are ready goes next."""
        waiting = {step.id: step for step in plan.steps}
        while waiting:
            ready = [step for step in waiting.values() if not waiting.keys() & set(step.depends_on)]
            assert ready, f"steps wait for each other: {sorted(waiting)}"
            step = ready[choose(ready) % len(ready)]
            del waiting[step.id]
            self._run(step)

    def _run(self, step: Step) -> None:
        if step.action is Action.WAIT:
            return
        self.writes.append((step.action.value, key(step.resource_id)))
        if step.action is Action.DELETE:
            self.delete(step.resource_id)
            return
        present = {body["id"]: self.get(body["id"]) for body in self.resources.values()}
        assert (step.action is Action.UPDATE) == (key(step.resource_id) in self.resources), step.id
        self.put(step.resource_id, fill(step.body, present))

    def _require(self, target: str, why: str) -> None:
        known = any(where == key(target) for where in self.resources)
        assert known or "/roledefinitions/" in key(target), f"NotFound: {target}, {why}"


def _ids_in(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _ids_in(name if name.startswith("/subscriptions/") else item)
    elif isinstance(value, list):
        for item in value:
            yield from _ids_in(item)
    elif isinstance(value, str) and value.startswith("/subscriptions/"):
        yield value


def _respelled(body: Any) -> Any:
    """Spell ids and leave out what is false, as Azure does."""
    if isinstance(body, dict):
        return {name: _respelled(value) for name, value in body.items() if value is not False}
    if isinstance(body, list):
        return [_respelled(item) for item in body]
    if isinstance(body, str) and body.startswith("/subscriptions/"):
        return re.sub("/resourceGroups/([^/]+)", lambda found: f"/resourcegroups/{found[1].upper()}", body)
    return body


def _guid(text: str) -> str:
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"
