"""What a path names: a resource, a collection, or an action on one of them."""

from __future__ import annotations

from dataclasses import dataclass

from local.simulator.resource import ResourceId

_PROVIDERS = "/providers/"


@dataclass(frozen=True, slots=True)
class Target:
    """`id.name` is empty for a collection; `action` is set for a POST that runs one."""

    id: ResourceId
    collection: bool = False
    action: str = ""


def read_target(method: str, path: str) -> Target | None:
    """Read a path; None where it names nothing below a provider and no resource group."""
    parsed = ResourceId.parse(path)
    if parsed is not None and method != "POST":
        return Target(parsed)
    if parsed is not None:
        if parsed.type.lower().endswith("/resourcegroups"):
            return Target(parsed)
        collection = ResourceId(parsed.scope, parsed.namespace, parsed.types, (*parsed.names[:-1], ""))
        return Target(collection, collection=True, action=parsed.names[-1])
    return _read_collection(method, path)


def _read_collection(method: str, path: str) -> Target | None:
    cleaned = "/" + path.strip("/")
    segments = cleaned.strip("/").split("/")
    if len(segments) == 3 and segments[2].lower() == "resourcegroups":  # noqa: PLR2004 - subscriptions/{id}/resourcegroups
        scope = "/".join(("", *segments[:2]))
        return Target(ResourceId(scope, "Microsoft.Resources", ("resourceGroups",), ("",)), collection=True)
    at = cleaned.lower().rfind(_PROVIDERS)
    if (
        method == "POST"
        and (group := ResourceId.parse("/" + "/".join(segments[:-1])))
        and len(group.types) == 1
        and at < 0
    ):
        return Target(group, action=segments[-1])
    if at < 0:
        return None
    scope, tail = cleaned[:at], cleaned[at + len(_PROVIDERS) :].split("/")
    if len(tail) % 2 or not all(tail):
        return None
    types, names = tuple(tail[1::2]), tuple(tail[2::2])
    if method == "POST" and names:
        return Target(ResourceId(scope, tail[0], types[:-1], names), action=types[-1])
    return Target(ResourceId(scope, tail[0], types, (*names, "")), collection=True)
