"""Federated credentials of user-assigned identities: whose tokens the identity trusts. No token is exchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.simulator.kind import ArmError, Json, Kind, Resource
from local.simulator.kinds.identity import IDENTITY_TYPE

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.world import World

_REQUIRED = ("issuer", "subject", "audiences")
_MOST = 20


class FederatedCredentials(Kind):
    """`.../userAssignedIdentities/{identity}/federatedIdentityCredentials/{name}`."""

    type = f"{IDENTITY_TYPE}/federatedIdentityCredentials"
    asynchronous = False
    has_state = False

    def validate(self, world: World, request: Request, existing: Resource | None) -> None:
        """A credential says whom it trusts; an identity has so many."""
        properties = request.body.get("properties") or {}
        for name in _REQUIRED:
            if not properties.get(name):
                raise ArmError(400, "BadRequest", f"The property '{name}' of a federated credential is required.")
        identity = request.id.parent
        if existing is None and identity and len(world.children(identity, self.type)) >= _MOST:
            raise ArmError(
                400, "BadRequest", f"Too many Federated Identity Credentials: an identity has at most {_MOST}."
            )

    def render(self, world: World, resource: Resource) -> Json:
        """Show the id the way this provider writes it: `resourcegroups` in lower case."""
        document = super().render(world, resource)
        document["id"] = str(resource.id).replace("/resourceGroups/", "/resourcegroups/")
        return document
