"""What all kinds of Microsoft.Network share: etags, operations, locks, references, inline children.

Evidence: recorded traffic. A nested resource carries its root's etag. A root's PUT carries its children inline.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING, Any, ClassVar

from local.simulator.kind import Answer, ArmError, Json, Kind, Resource
from local.simulator.operation import ASYNC, LOCATION, OperationStyle
from local.simulator.resource import ResourceId

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.operation import Operation
    from local.simulator.world import World

_POLLS = (10, 20, 20, 40, 40, 80, 160, 100)
_OPERATIONS = "/subscriptions/{subscription}/providers/Microsoft.Network/locations/{location}"
NETWORK_STYLE = OperationStyle(
    name="network",
    status=_OPERATIONS + "/operations/{operation}",
    result=_OPERATIONS + "/operationResults/{operation}",
    headers_by_verb={
        "PUT": frozenset({ASYNC}),
        "PATCH": frozenset({ASYNC}),
        "packetCaptureOperation": frozenset({LOCATION}),
    },
    retry_after={"*": 10},
    poll_retry=_POLLS,
)
_GENERATED = frozenset({"provisioningState", "resourceGuid"})


class NetworkKind(Kind):
    """A kind of Microsoft.Network.

    `guid`: it has a resourceGuid. `defaults`: properties that Azure fills in. `inline`: property -> type of the
    children that its body carries. `uses`: properties that hold references it must be able to use.
    `read_only`: properties that a client may send back and that are not taken.
    """

    versions = ("2015-05-01", "2027-12-31")
    style: ClassVar[OperationStyle] = NETWORK_STYLE
    etag_format = 'W/"{}"'
    shares_etag = True
    guid: ClassVar[bool] = False
    defaults: ClassVar[Json] = {}
    inline: ClassVar[dict[str, str]] = {}
    read_only: ClassVar[frozenset[str]] = frozenset()

    # --- writing ---------------------------------------------------------------------------------------

    def put(self, world: World, request: Request, existing: Resource | None) -> Answer:
        """Create or replace, with the children that the body carries."""
        self.check_etag(world, request, existing)
        self.validate(world, request, existing)
        resource = self.compose(world, request, existing)
        check_references(world, resource, self)
        answer = self.accept(
            world,
            resource,
            self.created if existing is None else self.updated,
            "PUT",
            creating=existing is None,
        )
        for name, child_type in self.inline.items():
            self.put_children(world, request, resource, name, child_type)
        self.check_whole(world, resource)
        return answer

    def compose(self, world: World, request: Request, existing: Resource | None) -> Resource:
        """Take what was sent, without nulls and without what only Azure sets; fill in defaults."""
        kept = dict(existing.properties) if existing is not None else {}
        resource = super().compose(world, request, existing)
        resource.body = without_nulls(resource.body)
        sent = {k: v for k, v in resource.properties.items() if k not in _GENERATED | self.read_only}
        for name in self.inline:
            sent.pop(name, None)
        guid = {"resourceGuid": kept.get("resourceGuid") or world.guid("resource", resource.key)} if self.guid else {}
        resource.body["properties"] = {**guid, **copied(self.defaults), **sent}
        return resource

    def delete(self, world: World, request: Request, existing: Resource) -> Answer:
        """Begin the removal."""
        self.check_etag(world, request, existing)
        return super().delete(world, replace(request, headers={}), existing)

    def check_etag(self, world: World, request: Request, existing: Resource | None) -> None:
        """Honour If-Match and If-None-Match with the etag that is shown: the root's."""
        root = world.find(request.id.root)
        if existing is not None and root is not None:
            existing.etag = root.etag
        self.check_preconditions(request, existing)

    def compose_child(self, world: World, request: Request, parent: Resource, item: Json) -> Resource:
        """Build a child from its place in the root's body (called on the child's kind)."""
        name = str(item.get("name", ""))
        child_id = parent.id.child(self.type.rsplit("/", 1)[1], name)
        inner = _nested_request(request, child_id, item)
        existing = world.find(child_id)
        self.validate(world, inner, existing)
        resource = self.compose(world, inner, existing)
        check_references(world, resource, self)
        resource.properties["provisioningState"] = self.pending[0]
        world.save(resource)
        return resource

    def put_children(self, world: World, request: Request, parent: Resource, name: str, child_type: str) -> None:
        """Make the children what the body says; those that it leaves out are removed."""
        properties = request.body.get("properties")
        items = properties.get(name) if isinstance(properties, dict) else None
        before = world.children(parent.id, child_type)
        if items is None:
            if self.keeps_children(name, request.api_version):
                return
            items = []
        kind = world.kind(child_type)
        named = {str(item.get("name", "")).lower() for item in items}
        for child in before:
            if child.name.lower() not in named:
                kind.check_removable(world, child, frozenset())
                world.remove(child.id)
        for item in items:
            if isinstance(kind, NetworkKind):
                kind.compose_child(world, request, parent, item)

    def keeps_children(self, name: str, api_version: str) -> bool:
        """Whether children that the body does not mention at all stay."""
        del name, api_version
        return False

    def check_whole(self, world: World, resource: Resource) -> None:
        """Refuse what is wrong only when the resource is seen with its children."""

    def finish(self, world: World, resource: Resource) -> None:
        """Let the inline children that the operation wrote succeed with it."""
        for child_type in self.inline.values():
            for child in world.children(resource.id, child_type):
                if child.provisioning_state == "Updating":
                    child.properties["provisioningState"] = "Succeeded"
                    world.save(child)

    # --- showing ---------------------------------------------------------------------------------------

    def render(self, world: World, resource: Resource) -> Json:
        """Show the resource with its root's etag, its children inline and what Azure computes."""
        root = world.find(resource.id.root) or resource
        document: Json = {
            "name": resource.name,
            "id": str(resource.id),
            "etag": root.etag,
            "type": self.type,
            **{k: v for k, v in resource.body.items() if k != "properties"},
        }
        state = {"provisioningState": resource.provisioning_state} if self.has_state else {}
        document["properties"] = {**state, **resource.properties, **self.computed(world, resource)}
        for name, child_type in self.inline.items():
            kind = world.kind(child_type)
            document["properties"][name] = [
                kind.render(world, child) for child in world.children(resource.id, child_type)
            ]
        return document

    def computed(self, world: World, resource: Resource) -> Json:
        """Show what is not stored: back references."""
        del world, resource
        return {}

    # --- refusals --------------------------------------------------------------------------------------

    def missing(self, request: Request) -> ArmError:
        """Answer for a resource that is not there: the provider's own words for a nested one."""
        if request.id.parent is None:
            return super().missing(request)
        return ArmError(404, "NotFound", f"Resource {request.id} not found.", details=[])

    def locked(self, request: Request, operation: Operation, remaining: float) -> ArmError | None:
        """One writer at a time: a lock, not a quota; it says when to come again."""
        if request.method == "POST":
            return None
        seconds = max(1, ceil(remaining))
        root = ResourceId.of(operation.resource_id).root
        detail = (
            f"Operation {operation_name(operation)} ({operation.id}) is updating resource {root}. "
            f"The call can be retried in {seconds} seconds."
        )
        return ArmError(
            429,
            "RetryableError",
            "A retryable error occurred.",
            details=[{"code": "RetryableErrorDueToAnotherOperation", "message": detail}],
            headers={"retry-after": str(seconds)},
        )


def operation_name(operation: Operation) -> str:
    """Name an operation as the provider does: PutSubnetOperation."""
    noun = operation.kind.rsplit("/", 1)[1]
    singular = noun[:-2] if noun.endswith("esses") else noun.removesuffix("s")
    return f"{operation.verb.title()}{singular[0].upper()}{singular[1:]}Operation"


def check_references(world: World, resource: Resource, kind: NetworkKind) -> None:
    """Refuse references to what is not there, not in the same region, or being written."""
    own = resource.id.root.key
    home = (world.find(resource.id.root) or resource).location
    for target in references(resource.properties):
        if target.key.startswith(own) or not target.type.lower().startswith("microsoft.network/"):
            continue
        if not _served(world, target):
            continue
        found = world.find(target)
        if found is None or not _same_region(world, target, home, kind):
            raise invalid_reference(resource.id, target)
        check_provisioned(world, found, resource.id)
        _check_free(world, found, resource)


def _check_free(world: World, used: Resource, user: Resource) -> None:
    """Refuse a public address that something else holds."""
    if not used.id.type.endswith("/publicIPAddresses"):
        return
    for other in world.referrers(used.id):
        for held in ip_configurations(other.body, "publicIPAddress", used.key):
            if other.key != user.key:
                raise ArmError(
                    400,
                    "PublicIPAddressInUse",
                    f"Resource {user.id} is referencing public IP address {used.id} that is already allocated to "
                    f"resource {held}.",
                    details=[],
                )


def check_provisioned(world: World, used: Resource, user: ResourceId) -> None:
    """Refuse to use what another operation is writing, or what failed."""
    running = world.running(used.id) if used.id.type.endswith("/virtualNetworks") else []
    if used.provisioning_state == "Succeeded" and not running:
        return
    state = "Updating" if running else used.provisioning_state
    last = running[0] if running else next(iter(world.running(used.id.root)), None)
    doing = operation_name(last) if last else "PutOperation"
    raise ArmError(
        400,
        "ReferencedResourceNotProvisioned",
        f"Cannot proceed with operation because resource {used.id} used by resource {user} is not in Succeeded state. "
        f"Resource is in {state} state and the last operation that updated/is updating the resource is {doing}.",
        details=[],
    )


def invalid_reference(user: ResourceId, target: ResourceId) -> ArmError:
    """Build the refusal of a reference."""
    return ArmError(
        400,
        "InvalidResourceReference",
        f"Resource {target} referenced by resource {user} was not found. Please make sure that the referenced "
        "resource exists, and that both resources are in the same region.",
        details=[],
    )


def references(value: Any) -> Iterator[ResourceId]:
    """Find `{"id": ...}` anywhere in a body."""
    if isinstance(value, dict):
        given = value.get("id")
        if isinstance(given, str) and (parsed := ResourceId.parse(given)) and len(value) == 1:
            yield parsed
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def ip_configurations(value: Any, name: str, target: str) -> Iterator[str]:
    """Find the ids of IP configurations whose `name` (subnet, publicIPAddress) is the target."""
    if isinstance(value, dict):
        properties = value.get("properties")
        used = properties.get(name) if isinstance(properties, dict) else None
        if isinstance(used, dict) and str(used.get("id", "")).lower() == target and "id" in value:
            yield str(value["id"])
        for item in value.values():
            yield from ip_configurations(item, name, target)
    elif isinstance(value, list):
        for item in value:
            yield from ip_configurations(item, name, target)


def linked(world: World, resource: Resource, kind: str) -> list[Json]:
    """List the resources of a kind that refer to this one, as references."""
    return [{"id": str(found.id)} for found in world.referrers(resource.id, kind)]


def without_nulls(value: Any) -> Any:
    """Leave out members that are null: Azure takes them as not sent."""
    if isinstance(value, dict):
        return {k: without_nulls(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value


def copied(value: Any) -> Any:
    """Copy JSON deeply."""
    if isinstance(value, dict):
        return {k: copied(v) for k, v in value.items()}
    return [copied(item) for item in value] if isinstance(value, list) else value


def _served(world: World, target: ResourceId) -> bool:
    try:
        return bool(world.kind(target.type))
    except KeyError:
        return False


def _same_region(world: World, target: ResourceId, home: str, kind: NetworkKind) -> bool:
    if kind.type.endswith("/virtualNetworkPeerings") or not home:
        return True
    root = world.find(target.root)
    return root is None or not root.location or root.location == home


def _nested_request(request: Request, child_id: ResourceId, item: Json) -> Request:
    return replace(request, id=child_id, body=dict(item), headers={}, query={})
