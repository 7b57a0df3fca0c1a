"""Availability sets: written at once; machines join one when they are made, and never leave it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from local.simulator.kind import Answer, ArmError, Json, Kind, Resource
from local.simulator.kinds.compute import VM_TYPE

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.resource import ResourceId
    from local.simulator.world import World

SET_TYPE = "Microsoft.Compute/availabilitySets"
# Update domains have a limit everywhere; fault domains are 2 or 3 by region, which is not modelled.
_LIMITS = {"platformUpdateDomainCount": (5, 20), "platformFaultDomainCount": (2, 3)}
_SKUS = ("Classic", "Aligned")


class AvailabilitySets(Kind):
    """`Microsoft.Compute/availabilitySets/{name}`."""

    type = SET_TYPE
    asynchronous = False
    has_state = False
    created: ClassVar[int] = 200

    def validate(self, world: World, request: Request, existing: Resource | None) -> None:
        """Counts are within their limits, and stay; so does the SKU once it is Aligned."""
        del world
        properties = request.body.get("properties") or {}
        for name, (_, most) in _LIMITS.items():
            count = properties.get(name)
            if count is not None and not (isinstance(count, int) and 1 <= count <= most):
                raise _refuse(400, "InvalidParameter", f"The value of {name} must be between 1 and {most}.", name)
            if existing is not None and count not in {None, existing.properties[name]}:
                raise _refuse(409, "PropertyChangeNotAllowed", f"Changing property '{name}' is not allowed.", name)
        sku = (request.body.get("sku") or {}).get("name", "Classic")
        if sku not in _SKUS:
            raise _refuse(400, "InvalidParameter", f"The SKU '{sku}' is neither Classic nor Aligned.", "sku.name")

    def compose(self, world: World, request: Request, existing: Resource | None) -> Resource:
        """Complete counts and SKU."""
        before = dict(existing.properties) if existing else {}
        resource = super().compose(world, request, existing)
        resource.properties.pop("virtualMachines", None)
        for name, (usual, _) in _LIMITS.items():
            resource.properties.setdefault(name, before.get(name, usual))
        resource.body.setdefault("sku", {"name": "Classic"})
        return resource

    def patch(self, world: World, request: Request, existing: Resource) -> Answer:
        """Change tags and SKU."""
        existing.body.update({name: request.body[name] for name in ("tags", "sku") if name in request.body})
        world.save(existing)
        return Answer(200, existing)

    def render(self, world: World, resource: Resource) -> Json:
        """Show the machines, in upper case as this provider does."""
        document = super().render(world, resource)
        machines = [{"id": shouted(machine.id)} for machine in world.referrers(resource.id, VM_TYPE)]
        document["properties"] = {**resource.properties, "virtualMachines": machines}
        return document

    def check_removable(self, world: World, resource: Resource, leaving: frozenset[str]) -> None:
        """A set goes after its machines."""
        if any(machine.key not in leaving for machine in world.referrers(resource.id, VM_TYPE)):
            raise _refuse(
                409,
                "OperationNotAllowed",
                f"Availability Set '{resource.name}' cannot be deleted. Before deleting an Availability Set please "
                "ensure that it does not contain any VM.",
            )


def shouted(resource_id: ResourceId) -> str:
    """Write an id with its group and name in upper case."""
    text = str(resource_id)
    group, name = resource_id.group, resource_id.name
    return text.replace(f"/{group}/", f"/{group.upper()}/", 1).removesuffix(name) + name.upper()


def _refuse(status: int, code: str, message: str, target: str | None = None) -> ArmError:
    return ArmError(status, code, message, target=target)
