"""From a request on a resource to its kind: the checks that Azure Resource Manager makes before any provider does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local.simulator.answer import Answer, ArmError, Caller, Request
from local.simulator.kinds.resource_group import being_deleted, group_not_found
from local.simulator.resource import GROUP_TYPE, Json, ResourceId
from local.simulator.tenant import LOCATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.simulator.kind import Kind
    from local.simulator.registry import Registry
    from local.simulator.resource import Resource
    from local.simulator.target import Target
    from local.simulator.world import World

_WRITES = {"PUT", "PATCH", "POST"}


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as the server read it: lower-case header and query names, the body parsed."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any
    base: str


@dataclass(frozen=True, slots=True)
class Dispatched:
    """What a kind said to a request."""

    kind: Kind
    request: Request
    answer: Answer | None = None
    listed: list[Resource] | None = None
    created: bool = False


class Dispatcher:
    """Finds the kind of a request, checks what Azure Resource Manager checks, and calls the kind."""

    def __init__(self, world: World, registry: Registry) -> None:
        self._world = world
        self._registry = registry

    def dispatch(self, sent: Sent, target: Target, caller: Caller) -> Dispatched:
        """Answer a request on a resource, a collection or an action."""
        version = sent.query.get("api-version", "")
        kind = self._registry.resolve(target.id.type, version)
        request = Request(
            method=sent.method,
            id=self._canonical(kind, target.id),
            api_version=version,
            query=sent.query,
            headers=sent.headers,
            body=_body(sent),
            caller=caller,
            action=target.action,
            correlation_id=sent.headers.get("x-ms-correlation-request-id", ""),
        )
        self._check_surroundings(kind, request)
        if target.collection:
            return self._collection(kind, request)
        return self._single(kind, request)

    def _collection(self, kind: Kind, request: Request) -> Dispatched:
        if request.method == "POST":
            return Dispatched(kind, request, kind.post_collection(self._world, request))
        if request.method != "GET":
            raise _method_not_allowed(request)
        answer = kind.get_collection(self._world, request)
        if answer is not None:
            return Dispatched(kind, request, answer)
        return Dispatched(kind, request, listed=kind.list(self._world, request))

    def _single(self, kind: Kind, request: Request) -> Dispatched:
        existing = kind.find(self._world, request)
        if request.method == "PUT":
            return self._put(kind, request, existing)
        if existing is None:
            if request.method == "DELETE" and request.id.type != GROUP_TYPE:
                return Dispatched(kind, request, Answer(204))
            raise kind.missing(request)
        self._check_lock(kind, request)
        return Dispatched(kind, request, self._call(kind, request, existing))

    def _call(self, kind: Kind, request: Request, existing: Resource) -> Answer:
        match request.method:
            case "GET" | "HEAD":
                return kind.get(self._world, request, existing)
            case "PATCH":
                return kind.patch(self._world, request, existing)
            case "DELETE":
                return kind.delete(self._world, request, existing)
            case "POST":
                return kind.post(self._world, request, existing)
        raise _method_not_allowed(request)

    def _put(self, kind: Kind, request: Request, existing: Resource | None) -> Dispatched:
        if not request.body:
            raise _invalid_content("No content was sent.")
        if kind.located and request.id.parent is None:
            self._check_location(request, existing)
        self._check_lock(kind, request)
        answer = kind.put(self._world, request, existing)
        return Dispatched(kind, request, answer, created=existing is None)

    # --- checks ----------------------------------------------------------------------------------------

    def _check_surroundings(self, kind: Kind, request: Request) -> None:
        """The resource group, the parent and the scope must be there; a group that is leaving takes no writes."""
        group = request.id.group_id
        if group is not None and request.id.type != GROUP_TYPE:
            found = self._world.find(group)
            if found is None:
                raise group_not_found(group.name)
            if request.method in _WRITES and found.provisioning_state == "Deleting":
                raise being_deleted(found.name)
        parent = request.id.parent
        if parent is not None and self._registry.find(parent.type) and self._world.find(parent) is None:
            raise _parent_missing(parent)
        scope = ResourceId.parse(request.id.scope)
        if scope is not None and self._world.find(scope) is None:
            raise kind.missing(Request("GET", scope, request.api_version, {}, {}, {}, request.caller))

    def _check_location(self, request: Request, existing: Resource | None) -> None:
        given = request.body.get("location")
        if not isinstance(given, str) or not given:
            raise ArmError(400, "LocationRequired", "The location property is required for this definition.")
        location = given.replace(" ", "").lower()
        if location not in LOCATIONS and location != "global":
            raise _location_unknown(request, given)
        if existing is not None and existing.location != location and request.id.type != GROUP_TYPE:
            raise ArmError(
                409,
                "InvalidResourceLocation",
                f"The resource '{existing.name}' already exists in location '{existing.location}' in resource group "
                f"'{existing.id.group}'. A resource with the same name cannot be created in location '{location}'. "
                "Please select a new resource name.",
            )
        request.body["location"] = location

    def _check_lock(self, kind: Kind, request: Request) -> None:
        if request.method in {"GET", "HEAD"}:
            return
        for operation in self._world.running(kind.lock(request.id)):
            refusal = kind.locked(request, operation, max(0.0, operation.due - self._world.now))
            if refusal is not None:
                raise refusal

    def _canonical(self, kind: Kind, given: ResourceId) -> ResourceId:
        """Keep the case of what is stored; write types as the provider does."""
        namespace, *types = kind.type.split("/")
        scope = self._canonical_scope(given)
        names = list(given.names)
        for depth in range(1, len(names) + 1):
            prefix = ResourceId(scope, namespace, tuple(types[:depth]), tuple(names[:depth]))
            if (found := self._world.find(prefix)) is not None:
                names[depth - 1] = found.name
        return ResourceId(scope, namespace, tuple(types), tuple(names))

    def _canonical_scope(self, given: ResourceId) -> str:
        if (scope := ResourceId.parse(given.scope)) is not None:
            found = self._world.find(scope)
            return str(found.id) if found else str(scope)
        return given.scope


def _body(sent: Sent) -> Json:
    if sent.body is None:
        return {}
    if not isinstance(sent.body, dict):
        raise _invalid_content("A JSON object is expected.")
    return sent.body


def _invalid_content(why: str) -> ArmError:
    message = f"The request content was invalid and could not be deserialized: '{why}'."
    return ArmError(400, "InvalidRequestContent", message)


def _parent_missing(parent: ResourceId) -> ArmError:
    path = "/".join(parent.names)
    return ArmError(
        404,
        "ParentResourceNotFound",
        f"Can not perform requested operation on nested resource. Parent resource '{path}' not found.",
    )


def _location_unknown(request: Request, given: str) -> ArmError:
    return ArmError(
        400,
        "LocationNotAvailableForResourceType",
        f"The provided location '{given}' is not available for resource type '{request.id.type}'. List of available "
        f"regions for the resource type is '{','.join(LOCATIONS)}'.",
    )


def _method_not_allowed(request: Request) -> ArmError:
    return ArmError(405, "MethodNotAllowed", f"The requested resource does not support http method '{request.method}'.")
