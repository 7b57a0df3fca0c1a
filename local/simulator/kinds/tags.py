"""Tags of any resource or resource group, read and written apart from the resource itself.

Azure Resource Manager keeps them, so no lock of the resource's provider stands in the way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from local.simulator.kind import Answer, ArmError, Json, Kind, Resource
from local.simulator.resource import ResourceId

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.world import World

_OPERATIONS = ("Merge", "Replace", "Delete")


class Tags(Kind):
    """`{scope}/providers/Microsoft.Resources/tags/default`."""

    type = "Microsoft.Resources/tags"
    versions = ("2019-10-01", "2027-12-31")
    located: ClassVar[bool] = False
    asynchronous = False
    has_state = False

    def find(self, world: World, request: Request) -> Resource | None:
        """Compute what is shown: the tags are the scope's own; a subscription's are not modelled."""
        scope = ResourceId.parse(request.id.scope)
        tagged = world.find(scope) if scope else None
        if tagged is None or request.id.name.lower() != "default":
            return None
        shown = ResourceId(str(tagged.id), "Microsoft.Resources", ("tags",), ("default",))
        return Resource(shown, {"properties": {"tags": tags_of(tagged)}})

    def put(self, world: World, request: Request, existing: Resource | None) -> Answer:
        """Replace all tags."""
        if existing is None:
            raise self.missing(request)
        return _write(world, existing, _given(request))

    def patch(self, world: World, request: Request, existing: Resource) -> Answer:
        """Merge, replace or delete the tags that are given."""
        operation = str(request.body.get("operation", "")).title()
        if operation not in _OPERATIONS:
            raise _invalid(f"The operation '{operation}' is none of {', '.join(_OPERATIONS)}.")
        before, given = tags_of(existing.properties), _given(request)
        if operation == "Merge":
            given = _merged(before, given)
        elif operation == "Delete":
            given = _without(before, given)
        return _write(world, existing, given)

    def delete(self, world: World, request: Request, existing: Resource) -> Answer:
        """Take away all tags."""
        del request
        _write(world, existing, {})
        return Answer(200)


def tags_of(holder: Resource | Json) -> dict[str, str]:
    """Read the tags of a resource, or of the properties of a tags document."""
    body = holder.body if isinstance(holder, Resource) else holder
    return dict(body.get("tags") or {})


def _write(world: World, shown: Resource, tags: dict[str, str]) -> Answer:
    tagged = world.find(shown.id.scope)
    if tagged is None or not tagged.location:
        raise _invalid(f"The resource '{shown.id.scope}' does not support tags.")
    tagged.body["tags"] = tags
    world.save(tagged)
    shown.properties["tags"] = tags
    return Answer(200, shown)


def _given(request: Request) -> dict[str, str]:
    properties = request.body.get("properties")
    tags = properties.get("tags") if isinstance(properties, dict) else None
    if not isinstance(tags, dict):
        raise _invalid("The request content has no 'properties.tags'.")
    return {str(name): str(value or "") for name, value in tags.items()}


def _merged(before: dict[str, str], given: dict[str, str]) -> dict[str, str]:
    """Names of tags compare without case, and keep the one that they had."""
    known = {name.lower(): name for name in before}
    return before | {known.get(name.lower(), name): value for name, value in given.items()}


def _without(before: dict[str, str], given: dict[str, str]) -> dict[str, str]:
    """A tag goes when it is named alone, or with the value that it has."""
    leaving = {name.lower(): value for name, value in given.items()}
    return {name: value for name, value in before.items() if leaving.get(name.lower()) not in {"", value}}


def _invalid(message: str) -> ArmError:
    return ArmError(400, "InvalidRequestContent", message)
