"""DNS Private Resolver: what its kinds share on the wire, and the resolvers themselves, one for each network.

Evidence: traffic that the tests of `az dns-resolver` recorded in 2023. A write answers 202 with `{}` and both headers
and without Retry-After; a poll of the status is 200 while it runs. What is wrong with a subnet shows only in the
operation, and the endpoint stays there as Failed (azure-rest-api-specs issue 21744).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from local.simulator.kind import Answer, ArmError, Begin, Failed, Json, Kind, Progress, Resource
from local.simulator.operation import OperationStyle

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.operation import Operation
    from local.simulator.resource import ResourceId
    from local.simulator.world import World

RESOLVER_TYPE = "Microsoft.Network/dnsResolvers"
INBOUND_TYPE = "Microsoft.Network/dnsResolvers/inboundEndpoints"
OUTBOUND_TYPE = "Microsoft.Network/dnsResolvers/outboundEndpoints"
DELEGATION = "Microsoft.Network/dnsResolvers"
_PATH = "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network/locations/{location}/"

RESOLVER_STYLE = OperationStyle(
    name="dns-resolver",
    status=_PATH + "dnsResolverOperationStatuses/{operation}",
    result=_PATH + "dnsResolverOperationResults/{operation}",
    named=True,
)


class ResolverKind(Kind):
    """A kind of the resolver's provider: accepted with 202, judged a second time when its operation ends.

    `tracked`: it has a region and a resourceGuid. `state["built"]` says that it stood once: what only failed holds
    neither subnet nor address.
    """

    versions = ("2020-04-01", "2027-12-31")
    style: ClassVar[OperationStyle] = RESOLVER_STYLE
    etag_format = '"{}"'
    pending = ("Creating", "Updating")
    tracked: ClassVar[bool] = True

    def refusal(self, world: World, resource: Resource) -> ArmError | None:
        """Say why the operation fails, None if it does not."""
        del world, resource
        return None

    def compose(self, world: World, request: Request, existing: Resource | None) -> Resource:
        """Take what was sent; the guid stays."""
        before = dict(existing.properties) if existing else {}
        resource = super().compose(world, request, existing)
        for name in ("provisioningState", "resourceGuid", "dnsResolverState"):
            resource.properties.pop(name, None)
        if not self.tracked:
            resource.body.pop("location", None)
        else:
            resource.body["location"] = resource.location.replace(" ", "").lower()
            resource.properties["resourceGuid"] = before.get("resourceGuid") or world.guid("resource", resource.key)
        return resource

    def accept(self, world: World, resource: Resource, status: int, verb: str, *, creating: bool) -> Answer:
        """Save it and answer 202 with an empty object."""
        if not self.asynchronous:
            return super().accept(world, resource, status, verb, creating=creating)
        resource.properties["provisioningState"] = self.pending[0 if creating else 1]
        world.save(resource)
        row = self.durations or resource.id.types[-1]
        seconds = world.duration(row, "PUT" if creating else "PATCH", resource.key)
        return Answer(202, body={}, begin=Begin(verb, seconds=seconds))

    def patch(self, world: World, request: Request, existing: Resource) -> Answer:
        """Change tags and what else may be changed alone; runs as an operation."""
        self.check_preconditions(request, existing)
        if "tags" in request.body:
            existing.body["tags"] = request.body["tags"]
        existing.properties.update(request.body.get("properties") or {})
        return self.accept(world, existing, 200, "PATCH", creating=False)

    def advance(self, world: World, operation: Operation) -> Progress:
        """Judge a write again now that it is done; a refused one leaves the resource as Failed."""
        resource = world.find(operation.resource_id)
        if resource is not None and operation.verb != "DELETE":
            refused = self.refusal(world, resource)
            if refused is not None:
                return Failed(refused)
        return super().advance(world, operation)

    def finish(self, world: World, resource: Resource) -> None:
        """From now on it holds what it uses."""
        del world
        resource.state["built"] = True


class DnsResolvers(ResolverKind):
    """`Microsoft.Network/dnsResolvers/{name}`."""

    type = RESOLVER_TYPE

    def validate(self, world: World, request: Request, existing: Resource | None) -> None:
        """A resolver stands in a network of its own region, alone; it never moves. The words are made up."""
        properties = request.body.get("properties") or {}
        wanted = reference(properties, "virtualNetwork")
        network = world.find(wanted)
        if network is None:
            raise refuse(400, "BadRequest", f"The virtual network '{wanted}' of the DNS resolver was not found.")
        if network.location != str(request.body.get("location")):
            raise refuse(
                400,
                "BadRequest",
                f"The DNS resolver '{request.id.name}' and its virtual network '{wanted}' must be in the same region.",
            )
        if existing is not None and reference(existing.properties, "virtualNetwork").lower() != network.key:
            raise refuse(
                409, "Conflict", f"The virtual network of the DNS resolver '{existing.name}' cannot be changed."
            )
        for other in world.referrers(network.id, RESOLVER_TYPE):
            if other.key != request.id.key and other.provisioning_state != "Deleting":
                raise refuse(
                    409,
                    "Conflict",
                    f"The virtual network '{network.id}' is already referenced by the DNS resolver '{other.id}'.",
                )

    def finish(self, world: World, resource: Resource) -> None:
        """It is connected to its network."""
        super().finish(world, resource)
        resource.properties["dnsResolverState"] = "Connected"

    def check_removable(self, world: World, resource: Resource, leaving: frozenset[str]) -> None:
        """A resolver goes after its endpoints (Azure Resource Manager's rule for what has a location of its own)."""
        check_empty(world, resource, leaving, (INBOUND_TYPE, OUTBOUND_TYPE))


def check_empty(world: World, resource: Resource, leaving: frozenset[str], kinds: tuple[str, ...]) -> None:
    """Refuse to delete what has children of these kinds."""
    for kind in kinds:
        for child in world.children(resource.id, kind):
            if child.key in leaving:
                continue
            path = f"{resource.id.type}/{resource.name}/{child.id.types[-1]}/{child.name}"
            raise refuse(
                409,
                "CannotDeleteResource",
                "Cannot delete resource while nested resources exist. Some existing nested resource IDs include: "
                f"'{path}'. Please delete all nested resources before deleting this resource.",
            )


def list_for_network(world: World, network: ResourceId) -> Json:
    """Answer `listDnsResolvers` of a virtual network."""
    return {"value": [{"id": str(each.id)} for each in world.referrers(network, RESOLVER_TYPE)]}


def reference(properties: Any, name: str) -> str:
    """Read `{name: {"id": ...}}`, empty where it is missing."""
    value = properties.get(name) if isinstance(properties, dict) else None
    return str(value.get("id") or "") if isinstance(value, dict) else ""


def refuse(status: int, code: str, message: str) -> ArmError:
    """Build a refusal of the provider."""
    return ArmError(status, code, message)
