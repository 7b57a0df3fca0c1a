"""User-assigned identities: made at once, with a principal that the directory takes a while to spread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.simulator.kind import Answer, Json, Kind, Resource
from local.simulator.principals import Principal

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.world import World

IDENTITY_TYPE = "Microsoft.ManagedIdentity/userAssignedIdentities"


class UserAssignedIdentities(Kind):
    """`Microsoft.ManagedIdentity/userAssignedIdentities/{name}`."""

    type = IDENTITY_TYPE
    asynchronous = False
    has_state = False

    def put(self, world: World, request: Request, existing: Resource | None) -> Answer:
        """Create or replace; the answer carries a Location that is the resource itself, not an operation."""
        answer = super().put(world, request, existing)
        location = f"https://{request.headers.get('host', 'localhost')}{_shown_id(request.id)}"
        return Answer(answer.status, answer.resource, headers={"location": location})

    def compose(self, world: World, request: Request, existing: Resource | None) -> Resource:
        """Keep the principal over updates."""
        before = dict(existing.properties) if existing else {}
        resource = super().compose(world, request, existing)
        resource.body["tags"] = request.body.get("tags") or {}
        resource.body["properties"] = before or new_principal(world, resource, request.caller.tenant_id)
        return resource

    def patch(self, world: World, request: Request, existing: Resource) -> Answer:
        """Change tags."""
        existing.body["tags"] = request.body.get("tags") or existing.body.get("tags") or {}
        world.save(existing)
        return Answer(200, existing)

    def render(self, world: World, resource: Resource) -> Json:
        """Show the id the way this provider writes it: `resourcegroups` in lower case."""
        document = super().render(world, resource)
        document["id"] = _shown_id(resource.id)
        return document


def new_principal(world: World, resource: Resource, tenant: str) -> Json:
    """Make what a new identity is known by."""
    key = resource.key
    return {
        "tenantId": tenant,
        "principalId": world.guid("principal", key),
        "clientId": world.guid("client", key),
    }


def show_identity(world: World, resource: Resource, tenant: str) -> None:
    """Complete the identity of what has one: a principal of its own, or those of the identities that it uses."""
    identity = resource.body.get("identity")
    if not isinstance(identity, dict):
        return
    if str(identity.get("type", "")).startswith("SystemAssigned"):
        known = resource.state.setdefault("principalId", world.guid("principal", resource.key))
        identity.update({"principalId": known, "tenantId": tenant})
    used: Json = identity.get("userAssignedIdentities") or {}
    for key in used:
        found = world.find(key)
        if found is not None:
            used[key] = {name: found.properties[name] for name in ("clientId", "principalId")}


def find_by_principal(world: World, principal: str) -> Resource | None:
    """Find the identity of a principal, None where the simulated directory does not know it."""
    for identity in world.under("", IDENTITY_TYPE):
        if identity.properties.get("principalId") == principal:
            return identity
    return None


def find_by_client(world: World, client: str) -> Principal | None:
    """Find who an identity is, by its client id."""
    for identity in world.under("", IDENTITY_TYPE):
        if str(identity.properties.get("clientId")).lower() == client.lower():
            return Principal(identity.name, identity.properties["principalId"], identity.properties["clientId"])
    return None


def _shown_id(resource_id: object) -> str:
    return str(resource_id).replace("/resourceGroups/", "/resourcegroups/")
