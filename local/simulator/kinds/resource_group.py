"""Resource groups: written at once; deletion takes everything in them along, as one long-running operation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from local.simulator.kind import Answer, ArmError, Begin, Failed, Json, Kind, Progress, Resource, Succeeded
from local.simulator.operation import LOCATION, OperationStyle
from local.simulator.resource import GROUP_TYPE

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.operation import Operation
    from local.simulator.world import World

_SCHEMA = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
_CONDITION = re.compile(r"(\w+)\s+eq\s+'([^']*)'", re.IGNORECASE)
GROUP_STYLE = OperationStyle(
    name="resource-group",
    status="/subscriptions/{subscription}/operationresults/{operation}",
    result="/subscriptions/{subscription}/operationresults/{operation}",
    headers_by_verb={"*": frozenset({LOCATION})},
    result_status=200,
    encoding="job",
    retry_after={"*": 15},
    poll_retry=(15,),
)


class ResourceGroups(Kind):
    """`/subscriptions/{id}/resourceGroups/{name}`."""

    type = GROUP_TYPE
    style: ClassVar[OperationStyle] = GROUP_STYLE
    durations = "resourceGroups"
    longest_page = 1000
    asynchronous = False

    def validate(self, world: World, request: Request, existing: Resource | None) -> None:
        """A group that is being deleted takes no writes, and no group moves."""
        del world
        if existing is None:
            return
        if existing.provisioning_state == "Deleting":
            raise being_deleted(existing.name)
        location = str(request.body.get("location", ""))
        if location.replace(" ", "").lower() != existing.location:
            raise ArmError(
                409,
                "InvalidResourceGroupLocation",
                f"Invalid resource group location '{location}'. The Resource group already exists in location "
                f"'{existing.location}'.",
            )

    def patch(self, world: World, request: Request, existing: Resource) -> Answer:
        """Change what is given: tags, managedBy."""
        if existing.provisioning_state == "Deleting":
            raise being_deleted(existing.name)
        existing.body.update({k: v for k, v in request.body.items() if k in {"tags", "managedBy"}})
        world.save(existing)
        return Answer(200, existing)

    def delete(self, world: World, request: Request, existing: Resource) -> Answer:
        """Begin the deletion of the group and all that is in it."""
        del request
        existing.properties["provisioningState"] = "Deleting"
        world.save(existing)
        return Answer(202, begin=Begin("DELETE"))

    def list(self, world: World, request: Request) -> list[Resource]:
        """List the groups of the subscription, by tag where asked: `tagName eq 'a' and tagValue eq 'b'`."""
        groups = world.under(request.id.scope, self.type)
        wanted = {n.lower(): v for n, v in _CONDITION.findall(request.query.get("$filter", ""))}
        if "tagname" not in wanted:
            return groups
        named = [(g, (g.body.get("tags") or {}).get(wanted["tagname"])) for g in groups]
        return [g for g, value in named if value is not None and wanted.get("tagvalue", value) == value]

    def post(self, world: World, request: Request, existing: Resource) -> Answer:
        """Export a template: its frame, as for an empty group."""
        if request.action.lower() != "exporttemplate":
            return super().post(world, request, existing)
        template = {"$schema": _SCHEMA, "contentVersion": "1.0.0.0", "parameters": {}, "variables": {}, "resources": []}
        return Answer(200, body={"template": template})

    def advance(self, world: World, operation: Operation) -> Progress:
        """Remove everything, unless something outside the group still uses something in it."""
        group = world.find(operation.resource_id)
        if group is None:
            return Succeeded()
        inside = world.under(str(group.id), "")
        leaving = frozenset(resource.key for resource in (*inside, *_managed(world, inside)))
        for resource in inside:
            try:
                world.kind(resource.id.type).check_removable(world, resource, leaving)
            except ArmError as refusal:
                group.properties["provisioningState"] = "Succeeded"
                world.save(group)
                return Failed(_blocked(group, resource, refusal))
        for resource in reversed(inside):
            if world.find(resource.id) is not None:
                world.remove(resource.id)
                world.announce(resource.id, "delete")
        world.remove(group.id)
        return Succeeded()

    def render(self, world: World, resource: Resource) -> Json:
        """Show the group with its type in the words of Azure Resource Manager."""
        del world
        return {"id": str(resource.id), "name": resource.name, "type": GROUP_TYPE, **resource.body}

    def missing(self, request: Request) -> ArmError:
        """Answer for a group that is not there."""
        return group_not_found(request.id.name)


def group_not_found(name: str) -> ArmError:
    """Build the 404 for a resource group."""
    return ArmError(404, "ResourceGroupNotFound", f"Resource group '{name}' could not be found.")


def being_deleted(name: str) -> ArmError:
    """Build the refusal of a write into a group that is going away."""
    return ArmError(
        409,
        "ResourceGroupBeingDeleted",
        f"The resource group '{name}' is in deprovisioning state and cannot perform this operation.",
    )


def _managed(world: World, inside: list[Resource]) -> list[Resource]:
    """List what lies in groups that something inside manages: it goes with its manager."""
    keys = {resource.key for resource in inside}
    groups = [g for g in world.under("", GROUP_TYPE) if str(g.body.get("managedBy", "")).lower() in keys]
    return [resource for group in groups for resource in world.under(str(group.id), "")]


def _blocked(group: Resource, resource: Resource, refusal: ArmError) -> ArmError:
    message = (
        f"Deletion of resource group '{group.name}' failed as resources with identifiers "
        f"'{resource.id.type.replace('/', '/', 1)}/{resource.name}' could not be deleted. The provisioning state of "
        "the resource group will be rolled back."
    )
    details = [{"code": None, "target": str(resource.id), "message": str(refusal.document)}]
    return ArmError(409, "ResourceGroupDeletionBlocked", message, details=details)
