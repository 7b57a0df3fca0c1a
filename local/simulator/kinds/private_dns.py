"""What private DNS zones and their links share: every write is accepted with 202 and refused in its operation."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from local.simulator.kind import Answer, ArmError, Begin, Failed, Json, Kind, Progress, Resource
from local.simulator.operation import OperationStyle

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.operation import Operation
    from local.simulator.world import World

ZONE_TYPE = "Microsoft.Network/privateDnsZones"
LINK_TYPE = "Microsoft.Network/privateDnsZones/virtualNetworkLinks"

_PATH = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network/"

PRIVATE_DNS_STYLE = OperationStyle(
    name="private-dns",
    status=_PATH + "privateDnsOperationStatuses/{operation}",
    result=_PATH + "privateDnsOperationResults/{operation}",
    pending_status=202,
    encoding="dns",
)


class AcceptedFirst(Kind):
    """A kind whose PUT and PATCH answer 202 with an empty body; what is wrong shows in the operation.

    A refused write leaves the resource as it was.
    """

    style: ClassVar[OperationStyle] = PRIVATE_DNS_STYLE
    pending = ("Creating", "Updating")
    noun: ClassVar[str] = ""

    def refusal(self, world: World, request: Request, existing: Resource | None) -> ArmError | None:
        """Say why the operation will fail, None if it will not."""
        del world
        return self.precondition(request, existing)

    @abstractmethod
    def describe(self, request: Request) -> str:
        """Name the resource the way the provider's messages do; `{}` stands for quotes or none."""

    def precondition(self, request: Request, existing: Resource | None) -> ArmError | None:
        """Judge If-Match and If-None-Match in the provider's words."""
        wanted, unwanted = request.headers.get("if-match"), request.headers.get("if-none-match")
        if unwanted and existing is not None and unwanted in {"*", existing.etag}:
            what = self.describe(request).replace("'", "")
            return ArmError(412, "PreconditionFailed", f"{what} exists already and hence cannot be created again.")
        if wanted and (existing is None or wanted not in {"*", existing.etag}):
            return ArmError(412, "PreconditionFailed", f"{self.describe(request)} has been modified (etag mismatch).")
        return None

    def put(self, world: World, request: Request, existing: Resource | None) -> Answer:
        """Accept a create or replace."""
        self.validate(world, request, existing)
        if (refusal := self.refusal(world, request, existing)) is not None:
            return _accepted("PUT", refusal)
        resource = self.compose(world, request, existing)
        resource.properties["provisioningState"] = self.pending[existing is not None]
        world.save(resource)
        return _accepted("PUT")

    def patch(self, world: World, request: Request, existing: Resource) -> Answer:
        """Accept a change of tags or of single properties."""
        if (refusal := self.refusal(world, request, existing)) is not None:
            return _accepted("PATCH", refusal)
        if "tags" in request.body:
            existing.body["tags"] = request.body["tags"]
        existing.properties.update(request.body.get("properties") or {})
        existing.properties["provisioningState"] = "Updating"
        world.save(existing)
        return _accepted("PATCH")

    def delete(self, world: World, request: Request, existing: Resource) -> Answer:
        """Accept a removal."""
        if (refusal := self.precondition(request, existing)) is not None:
            return _accepted("DELETE", refusal)
        self.check_removable(world, existing, frozenset())
        existing.properties["provisioningState"] = "Deleting"
        world.save(existing)
        return _accepted("DELETE")

    def advance(self, world: World, operation: Operation) -> Progress:
        """End the operation; a refusal found when it was accepted ends it badly."""
        refused = operation.data.get("refusal")
        if refused:
            return Failed(ArmError(refused["status"], refused["code"], refused["message"]))
        return super().advance(world, operation)

    def failed(self, world: World, operation: Operation) -> None:
        """A refused write changed nothing; a create that failed leaves nothing behind."""
        if operation.data.get("refusal"):
            return
        if operation.context.get("created"):
            resource = world.find(operation.resource_id)
            if resource is not None:
                world.remove(resource.id)
            return
        super().failed(world, operation)


def _accepted(verb: str, refusal: ArmError | None = None) -> Answer:
    data: Json = {}
    if refusal is not None:
        data["refusal"] = {"status": refusal.status, "code": refusal.code, "message": refusal.message}
    body: Json | None = None if verb == "DELETE" else {}
    return Answer(202, body=body, begin=Begin(verb, data=data))
