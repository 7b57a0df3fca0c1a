"""Role assignments: what an identity may do, at the narrowest scope that works."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from shared.plan.desired import Desired, ref
from shared.plan.resources import user_assigned_identity

if TYPE_CHECKING:
    from shared.model.resource_id import ResourceId
    from shared.plan.steps import Wait

TYPE = "Microsoft.Authorization/roleAssignments"

ROLES = {
    "Network Contributor": "4d97b98b-1d4f-4787-a291-c67834d212e7",
    "Private DNS Zone Contributor": "b12aa53e-6015-4669-85d0-8515ebb3ae7f",
}
"""Built-in roles by name; their ids are the same in every tenant (Azure's list of built-in roles)."""

NAMES = uuid.UUID("6f1c6d0e-3b5b-5c39-9a2e-0b8f7f4f3a10")
"""Assignments are named by what they grant, so that applying again finds the same one."""


def identifier(scope: ResourceId, role: str, identity: ResourceId) -> ResourceId:
    """Return the id of the assignment of `role` on `scope` to `identity`."""
    name = uuid.uuid5(NAMES, f"{scope.key}|{role}|{identity.key}")
    return scope.extension(TYPE, str(name))


def desired(scope: ResourceId, role: str, identity: ResourceId, *, blocked: Wait | None = None) -> Desired:
    """Return the assignment; `principalType` spares Azure the directory lookup that fails for a new identity."""
    definition = f"/subscriptions/{scope.subscription}/providers/Microsoft.Authorization/roleDefinitions/{ROLES[role]}"
    body = {
        "properties": {
            "roleDefinitionId": definition,
            "principalId": ref(identity, user_assigned_identity.PRINCIPAL_ID),
            "principalType": "ServicePrincipal",
        }
    }
    return Desired(identifier(scope, role, identity), body, immutable=True, blocked=blocked)
