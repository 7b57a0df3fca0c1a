"""What an Azure kind implements. One file per kind (or close family) in `kinds/`, listed in `kinds/__init__.py`.

How a request travels: the server parses the path, checks token, api-version, resource group and parent, finds the
kind by its type (`Microsoft.Network/virtualNetworks/subnets`, case-insensitive) and calls one method:

    GET    .../name            kind.get(world, request, existing)      existing is never None here (404 before)
    GET    .../type            kind.list(world, request)               resources, oldest first; the server pages them
    PUT    .../name            kind.put(world, request, existing)      existing is None when it is created
    PATCH  .../name            kind.patch(world, request, existing)
    DELETE .../name            kind.delete(world, request, existing)   204 before, when it does not exist
    GET    .../type            kind.get_collection(world, request)     instead, where an action is a GET (rare)
    POST   .../name/action     kind.post(world, request, existing)     request.action holds the action
    POST   .../type/action     kind.post_collection(world, request)    (checkNameAvailability and such; rare)

Each call is synchronous, takes no real time and is one transaction: raise `ArmError` to refuse, and all that was
saved is undone. It returns an `Answer`: a status and a resource (rendered by `kind.render`) or a plain body, and
`begin=Begin(verb)` where Azure begins a long-running operation. The server then locks, draws the duration, adds the
headers of `kind.style`, and when the time has come (simulated) calls, in a transaction of its own:

    kind.advance(world, operation) -> Later(seconds) | Succeeded(output) | Failed(ArmError)

`Later` keeps the operation running for another stage; `operation.data` is the kind's JSON memory between stages and
survives kill -9. The default `advance` does what most kinds need: PUT and PATCH -> `finish` (Succeeded), DELETE ->
remove. Most kinds therefore only override:

    validate(world, request, existing)           refuse what Azure refuses (raise ArmError)
    compose(world, request, existing)            the new Resource; PUT replaces, so start from request.body
    finish(world, resource)                      computed properties that exist only once provisioned
    render(world, resource)                      what is shown: back references, nested children
    check_removable(world, resource, leaving)    in-use refusals; references from ids in `leaving` do not count
    removed(world, resource)                     side effects of removal (also when its group is deleted)

`request.query` and `request.headers` have lower-case names. A kind that shows what is not stored (built-in roles)
overrides `find`. Answers of 201 and 200 to PUT come from `created` and `updated`.

The world: `world.find(id)` gives a copy or None; change it and `world.save(resource)`; `world.remove(id)` takes the
children along and calls `removed`. `world.children(id, type)`, `world.under(scope, type)` list; `world.referrers(id)`
answers who mentions an id (any `{"id": ...}` in a body): back references and in-use checks need no bookkeeping.
Kinds may save resources of other kinds (the node resource group of a cluster); `world.announce(id, "write")` then
sends the event that Azure would. `world.now` is simulated POSIX seconds; `world.guid(...)` and `world.random(...)`
are deterministic. Randomness, clocks and I/O of any other source are forbidden here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from local.simulator.answer import Answer, ArmError, Begin
from local.simulator.operation import ASYNC, Failed, Later, OperationStyle, Progress, Succeeded
from local.simulator.resource import Json, Resource

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.operation import Operation
    from local.simulator.resource import ResourceId
    from local.simulator.world import World

__all__ = [
    "Answer",
    "ArmError",
    "Begin",
    "Failed",
    "Json",
    "Kind",
    "Later",
    "Progress",
    "Resource",
    "Succeeded",
]

STANDARD_STYLE = OperationStyle(
    name="standard",
    status="/subscriptions/{subscription}/providers/{namespace}/locations/{location}/operations/{operation}",
    result="/subscriptions/{subscription}/providers/{namespace}/locations/{location}/operationResults/{operation}",
    headers_by_verb={"PUT": frozenset({ASYNC}), "PATCH": frozenset({ASYNC})},
)


class Kind:
    """The base of all kinds: a tracked or nested resource whose writes are long-running operations.

    Class variables say what differs: `type`; `versions` (oldest, newest api-version accepted); `located` (top level
    resources need a location); `style`; `durations` (row in durations.csv, the last part of the type by default);
    `asynchronous` (False: writes end at once, without operation); `created`/`updated` (HTTP statuses of PUT);
    `pending` (provisioningState while it is created, while it is updated); `etag_format`; `has_state` (whether
    it shows a provisioningState); `retry_after` (by verb, where it differs from the style's);
    `shares_etag` (a nested resource and its root have one etag); `longest_page` (what `$top` may ask for, where
    that is more than the usual page).
    """

    type: ClassVar[str]
    versions: ClassVar[tuple[str, str]] = ("2015-05-01", "2027-12-31")
    located: ClassVar[bool] = True
    style: ClassVar[OperationStyle] = STANDARD_STYLE
    durations: ClassVar[str] = ""
    asynchronous: ClassVar[bool] = True
    created: ClassVar[int] = 201
    updated: ClassVar[int] = 200
    pending: ClassVar[tuple[str, str]] = ("Updating", "Updating")
    etag_format: ClassVar[str] = ""
    shares_etag: ClassVar[bool] = False
    has_state: ClassVar[bool] = True
    retry_after: ClassVar[dict[str, int]] = {}
    longest_page: ClassVar[int] = 0

    # --- what the server calls -------------------------------------------------------------------------------

    def find(self, world: World, request: Request) -> Resource | None:
        """Find what a request on one resource is about; kinds that are computed (built-in roles) override it."""
        return world.find(request.id)

    def get(self, world: World, request: Request, existing: Resource) -> Answer:
        """Show one resource."""
        del world, request
        return Answer(200, existing)

    def list(self, world: World, request: Request) -> list[Resource]:
        """List the collection: children of the parent, or all of the type in the group or subscription."""
        if request.id.parent is not None:
            return world.children(request.id.parent, self.type)
        return world.under(request.id.scope, self.type)

    def get_collection(self, world: World, request: Request) -> Answer | None:
        """Answer a GET of the collection in another way than by a list (actions that are a GET)."""
        del world, request
        return None

    def put(self, world: World, request: Request, existing: Resource | None) -> Answer:
        """Create or replace."""
        self.check_preconditions(request, existing)
        self.validate(world, request, existing)
        resource = self.compose(world, request, existing)
        status = self.created if existing is None else self.updated
        return self.accept(world, resource, status, "PUT", creating=existing is None)

    def patch(self, world: World, request: Request, existing: Resource) -> Answer:
        """Change tags: what most network kinds allow, at once."""
        self.check_preconditions(request, existing)
        existing.body["tags"] = request.body.get("tags") or {}
        world.save(existing)
        return Answer(200, existing)

    def delete(self, world: World, request: Request, existing: Resource) -> Answer:
        """Begin the removal."""
        self.check_preconditions(request, existing)
        self.check_removable(world, existing, frozenset())
        if not self.asynchronous:
            world.remove(existing.id)
            return Answer(200)
        if self.has_state:
            existing.properties["provisioningState"] = "Deleting"
            world.save(existing)
        return Answer(202, begin=Begin("DELETE"))

    def post(self, world: World, request: Request, existing: Resource) -> Answer:
        """Run an action."""
        del world, existing
        raise unknown_action(request)

    def post_collection(self, world: World, request: Request) -> Answer:
        """Run an action on a collection."""
        del world
        raise unknown_action(request)

    def advance(self, world: World, operation: Operation) -> Progress:
        """Go one stage further with an operation whose time has come."""
        resource = world.find(operation.resource_id)
        if resource is None:
            return Succeeded()
        if operation.verb == "DELETE":
            world.remove(resource.id)
            return Succeeded()
        self.finish(world, resource)
        if self.has_state:
            resource.properties["provisioningState"] = "Succeeded"
        world.save(resource)
        return Succeeded()

    def failed(self, world: World, operation: Operation) -> None:
        """Leave the resource as Azure does when its operation failed (also when a fault rule says so)."""
        resource = world.find(operation.resource_id)
        if resource is not None and self.has_state:
            resource.properties["provisioningState"] = "Failed"
            world.save(resource)

    # --- what most kinds override ----------------------------------------------------------------------------

    def validate(self, world: World, request: Request, existing: Resource | None) -> None:
        """Refuse what Azure refuses at once."""

    def compose(self, world: World, request: Request, existing: Resource | None) -> Resource:
        """Build what the PUT makes of the resource: the body as sent; the stored id keeps its case."""
        body = {k: v for k, v in request.body.items() if k not in {"id", "name", "type", "etag", "systemData"}}
        properties = body.get("properties")
        body["properties"] = dict(properties) if isinstance(properties, dict) else {}
        if existing is None:
            return Resource(request.id, body, created=world.now)
        existing.body = body
        return existing

    def finish(self, world: World, resource: Resource) -> None:
        """Set what exists only once it is provisioned."""

    def render(self, world: World, resource: Resource) -> Json:
        """Show the resource as the provider does; kinds override and call super."""
        del world
        document: Json = {"name": resource.name, "id": str(resource.id), "type": resource.id.type}
        if resource.etag and self.etag_format:
            document["etag"] = resource.etag
        document.update(resource.body)
        return document

    def check_removable(self, world: World, resource: Resource, leaving: frozenset[str]) -> None:
        """Refuse to delete what is in use; references from keys in `leaving` are going too."""

    def removed(self, world: World, resource: Resource) -> None:
        """Do what the removal entails elsewhere."""

    def lock(self, resource_id: ResourceId) -> str:
        """Key that only one write may hold: the root resource (a VNet with its subnets and peerings)."""
        return resource_id.root.key

    def locked(self, request: Request, operation: Operation, remaining: float) -> ArmError | None:
        """Answer for a write while another one holds the lock; None lets it through."""
        del request, operation, remaining
        return None

    def missing(self, request: Request) -> ArmError:
        """Answer for a resource that is not there."""
        return not_found(request.id)

    # --- for kinds to use ------------------------------------------------------------------------------------

    def accept(self, world: World, resource: Resource, status: int, verb: str, *, creating: bool) -> Answer:
        """Save a composed resource and begin its operation (or finish at once where the kind is synchronous)."""
        if not self.asynchronous:
            self.finish(world, resource)
            if self.has_state:
                resource.properties["provisioningState"] = "Succeeded"
            world.save(resource)
            return Answer(status, resource)
        if self.has_state:
            resource.properties["provisioningState"] = self.pending[0 if creating else 1]
        world.save(resource)
        return Answer(status, resource, begin=Begin(verb))

    def check_preconditions(self, request: Request, existing: Resource | None) -> None:
        """Honour If-Match and If-None-Match."""
        wanted, unwanted = request.headers.get("if-match"), request.headers.get("if-none-match")
        if wanted and (existing is None or wanted not in {"*", existing.etag}):
            raise precondition_failed(request)
        if unwanted and existing is not None and unwanted in {"*", existing.etag} and request.method != "GET":
            raise precondition_failed(request)


def not_found(resource_id: ResourceId) -> ArmError:
    """Build the 404 of Azure Resource Manager itself."""
    path = "/".join(f"{kind}/{name}" for kind, name in zip(resource_id.types, resource_id.names, strict=True))
    return ArmError(
        404,
        "ResourceNotFound",
        f"The Resource '{resource_id.namespace}/{path}' under resource group '{resource_id.group}' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    )


def precondition_failed(request: Request) -> ArmError:
    """Build the 412 of an etag mismatch."""
    given: Any = request.headers.get("if-match") or request.headers.get("if-none-match")
    return ArmError(
        412,
        "PreconditionFailed",
        f"The condition '{given}' in the precondition header does not hold for '{request.id}'.",
    )


def unknown_action(request: Request) -> ArmError:
    """Build the refusal of an action that the kind does not know."""
    return ArmError(
        404,
        "InvalidResourceType",
        f"The resource type '{'/'.join(request.id.types)}/{request.action}' could not be found in the namespace "
        f"'{request.id.namespace}' for api version '{request.api_version}'.",
    )
