"""Role assignments and role definitions as resources; what they come to is in `local/simulator/grants.py`.

An assignment counts only after a propagation delay.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from local.simulator import conditions
from local.simulator.builtin_roles import ROLES, Role
from local.simulator.grants import ASSIGNMENT_TYPE, BY_GUID, DEFINITION_TYPE
from local.simulator.kind import Answer, ArmError, Json, Kind, Resource
from local.simulator.kinds.identity import find_by_principal
from local.simulator.resource import ResourceId

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.world import World

# Seconds until the directory knows a new principal, and until a new assignment counts (usually; at worst).
DIRECTORY_DELAY = 20.0
_USUAL_DELAY = (3.0, 25.0)
_WORST_DELAY = 180.0
_RARE = 0.04

_EQUALS = re.compile(r"(\w+)\s+eq\s+'([^']*)'")


class RoleAssignments(Kind):
    """`{scope}/providers/Microsoft.Authorization/roleAssignments/{guid}`."""

    type = ASSIGNMENT_TYPE
    located: ClassVar[bool] = False
    asynchronous = False
    has_state = False

    def list(self, world: World, request: Request) -> list[Resource]:
        """List what applies at the scope, above it and below it, with the filters that clients use."""
        scope, wanted = request.id.scope.lower(), request.query.get("$filter", "")
        principal = dict(_EQUALS.findall(wanted)).get("principalId", "")
        above_only = "atscope()" in wanted.lower().replace(" ", "")
        found = []
        for assignment in world.under("", ASSIGNMENT_TYPE):
            place = assignment.id.scope.lower()
            at_or_above = scope == place or scope.startswith(place + "/")
            below = place.startswith(scope + "/") and not above_only
            if (at_or_above or below) and principal in {"", assignment.properties.get("principalId")}:
                found.append(assignment)
        return found

    def put(self, world: World, request: Request, existing: Resource | None) -> Answer:
        """Create; the same again changes nothing, anything else is no update."""
        properties = request.body.get("properties") or {}
        if existing is not None:
            if any(_same(existing, properties, name) is False for name in ("principalId", "roleDefinitionId")):
                raise _update_not_permitted()
            return Answer(200, existing)
        self._check(world, request, properties)
        assignment = Resource(request.id, {"properties": _assignment(world, request, properties)}, created=world.now)
        assignment.state["known"] = find_by_principal(world, str(properties.get("principalId"))) is not None
        assignment.state["effectiveAt"] = world.now + _delay(world, str(properties.get("principalId")))
        world.save(assignment)
        return Answer(201, assignment)

    def delete(self, world: World, request: Request, existing: Resource) -> Answer:
        """Remove at once, showing what was there."""
        del request
        body = self.render(world, existing)
        world.remove(existing.id)
        return Answer(200, body=body)

    def missing(self, request: Request) -> ArmError:
        """Answer for an assignment that is not there."""
        name = request.id.name
        return ArmError(404, "RoleAssignmentNotFound", f"The role assignment '{name}' is not found.")

    @staticmethod
    def _check(world: World, request: Request, properties: Json) -> None:
        _check_condition(properties)
        principal = str(properties.get("principalId") or "")
        if not principal or not properties.get("roleDefinitionId"):
            raise ArmError(400, "InvalidRequestContent", "principalId and roleDefinitionId are required.")
        identity = find_by_principal(world, principal)
        if identity and not properties.get("principalType") and world.now < identity.created + DIRECTORY_DELAY:
            raise _principal_not_found(principal, str(identity.properties.get("tenantId")))
        for other in world.under(request.id.scope, ASSIGNMENT_TYPE):
            if other.id.scope.lower() != request.id.scope.lower():
                continue
            if _same(other, properties, "principalId") and _same(other, properties, "roleDefinitionId"):
                raise ArmError(409, "RoleAssignmentExists", "The role assignment already exists.")


class RoleDefinitions(Kind):
    """`{scope}/providers/Microsoft.Authorization/roleDefinitions`: the built-in ones and custom ones."""

    type = DEFINITION_TYPE
    located: ClassVar[bool] = False
    asynchronous = False
    has_state = False

    def find(self, world: World, request: Request) -> Resource | None:
        """Find a built-in or a custom definition."""
        role = BY_GUID.get(request.id.name.lower())
        return _definition(request.id.scope, role) if role else world.find(request.id)

    def list(self, world: World, request: Request) -> list[Resource]:
        """List by name or type."""
        wanted = dict(_EQUALS.findall(request.query.get("$filter", "")))
        found = [_definition(request.id.scope, role) for role in ROLES]
        found.extend(world.under("", DEFINITION_TYPE))
        if "roleName" in wanted:
            name = wanted["roleName"].lower()
            found = [d for d in found if str(d.properties.get("roleName", "")).lower() == name]
        if "type" in wanted:
            found = [d for d in found if str(d.properties.get("type", "")).lower() == wanted["type"].lower()]
        return found

    def put(self, world: World, request: Request, existing: Resource | None) -> Answer:
        """Create or replace a custom role."""
        if existing is not None and existing.properties.get("type") == "BuiltInRole":
            raise ArmError(403, "AuthorizationFailed", "Built-in role definitions cannot be changed.")
        resource = self.compose(world, request, existing)
        resource.properties.setdefault("type", "CustomRole")
        for name in ("createdOn", "updatedOn"):
            resource.properties.setdefault(name, world.timestamp())
        resource.properties.setdefault("createdBy", None)
        resource.properties.setdefault("updatedBy", request.caller.object_id)
        world.save(resource)
        return Answer(201, resource)


def _delay(world: World, principal: str) -> float:
    """Only what the directory has just learnt spreads slowly; other principals are known everywhere already."""
    if find_by_principal(world, principal) is None:
        return 0.0
    chance = world.random("role-propagation", principal)
    if chance.random() < _RARE:
        return chance.uniform(_USUAL_DELAY[1], _WORST_DELAY)
    return chance.uniform(*_USUAL_DELAY)


def _assignment(world: World, request: Request, properties: Json) -> Json:
    now, subscription = world.timestamp(), request.id.subscription
    guid = str(properties["roleDefinitionId"]).rsplit("/", 1)[-1]
    return {
        "roleDefinitionId": f"/subscriptions/{subscription}/providers/{DEFINITION_TYPE}/{guid}",
        "principalId": properties["principalId"],
        "principalType": properties.get("principalType") or "ServicePrincipal",
        "scope": request.id.scope,
        "condition": properties.get("condition"),
        "conditionVersion": properties.get("conditionVersion"),
        "createdOn": now,
        "updatedOn": now,
        "createdBy": None,
        "updatedBy": request.caller.object_id,
        "delegatedManagedIdentityResourceId": properties.get("delegatedManagedIdentityResourceId"),
        "description": properties.get("description"),
    }


def _definition(scope: str, role: Role) -> Resource:
    parts = scope.split("/")
    holder = "/".join(parts[:3]) if len(parts) > 2 else ""  # noqa: PLR2004 - /subscriptions/{id}
    permissions = {
        "actions": list(role.actions),
        "notActions": list(role.not_actions),
        "dataActions": list(role.data_actions),
        "notDataActions": [],
    }
    properties: Json = {
        "roleName": role.name,
        "type": "BuiltInRole",
        "description": role.description,
        "assignableScopes": ["/"],
        "permissions": [permissions],
        "createdOn": "2015-02-02T21:55:09.8806423Z",
        "updatedOn": "2021-11-11T20:13:28.6061853Z",
        "createdBy": None,
        "updatedBy": None,
    }
    identity = ResourceId(holder, "Microsoft.Authorization", ("roleDefinitions",), (role.guid,))
    return Resource(identity, {"properties": properties})


def _check_condition(properties: Json) -> None:
    """Refuse a condition that is none, or in another version of the language."""
    condition = properties.get("condition")
    if condition is None:
        return
    if properties.get("conditionVersion") != conditions.VERSION:
        raise ArmError(400, "InvalidConditionVersion", f"The condition version has to be {conditions.VERSION}.")
    try:
        conditions.read_condition(str(condition))
    except ValueError as wrong:
        raise ArmError(400, "InvalidRoleAssignmentCondition", str(wrong)) from wrong


def _same(assignment: Resource, properties: Json, name: str) -> bool:
    stored, given = str(assignment.properties.get(name)), str(properties.get(name))
    return stored.rsplit("/", 1)[-1].lower() == given.rsplit("/", 1)[-1].lower()


def _update_not_permitted() -> ArmError:
    return ArmError(
        400,
        "RoleAssignmentUpdateNotPermitted",
        "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
    )


def _principal_not_found(principal: str, tenant: str) -> ArmError:
    return ArmError(
        400,
        "PrincipalNotFound",
        f"Principal {principal.replace('-', '')} does not exist in the directory {tenant}. Check that you have the "
        "correct principal ID. If you are creating this principal and then immediately assigning a role, this error "
        "might be related to a replication delay. In this case, set the role assignment principalType property to a "
        "value, such as ServicePrincipal, User, or Group.  See https://aka.ms/docs-principaltype",
    )
