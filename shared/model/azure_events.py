"""Azure's events of resources, in the Event Grid schema and as CloudEvents 1.0, read into notices. Pure.

An event is a hint. Taken from it is which resource changed and who changed it, never what the resource is like now.
What is well-formed and does not matter gives no notice; what is malformed is Invalid, with every fault's JSON path.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from shared.model.errors import Invalid, Problem
from shared.model.resource_id import ResourceId

LARGEST = 1024 * 1024
"""Bytes of one delivery: Event Grid sends no more."""

MOST_EVENTS = 5000
"""Events of one delivery: Event Grid sends no more."""

LONGEST_TEXT = 2048
MOST_PROBLEMS = 100

Operation = Literal["write", "delete"]

_TAGS = "microsoft.resources/tags"
_TYPES = {
    type_.lower(): type_
    for type_ in (
        "Microsoft.ContainerService/managedClusters",
        "Microsoft.Network/privateDnsZones",
        "Microsoft.Network/privateDnsZones/virtualNetworkLinks",
        "Microsoft.Network/routeTables",
        "Microsoft.Network/routeTables/routes",
        "Microsoft.Network/virtualNetworks",
        "Microsoft.Network/virtualNetworks/subnets",
        "Microsoft.Network/virtualNetworks/virtualNetworkPeerings",
    )
}
_EVENT_TYPES = {"resourcewritesuccess", "resourcedeletesuccess"}
_EVENT_PREFIX = "microsoft.resources."
_VALIDATION = "microsoft.eventgrid.subscriptionvalidationevent"
_OBJECT_ID = "http://schemas.microsoft.com/identity/claims/objectidentifier"
_PROVIDERS = re.compile("/providers/", re.IGNORECASE)
_FORBIDDEN_IN_NAMES = frozenset("/\\?#%&<>:*\"'|")
_IDENTITY = re.compile(r"[0-9A-Za-z-]{1,64}")


@dataclass(frozen=True, slots=True)
class Notice:
    """One resource of interest was written or deleted, perhaps some time ago; `requester` is an object id or empty.

    `time` is ISO 8601 in UTC, so that texts compare as times do; empty where the event tells none.
    """

    resource_id: str
    operation: Operation
    type: str
    requester: str = ""
    correlation_id: str = ""
    time: str = ""
    event_id: str = ""

    @property
    def about(self) -> str:
        """The resource to look at: the virtual network of a subnet, the zone of a link, otherwise itself."""
        id_ = ResourceId.parse(self.resource_id)
        return str(replace(id_, segments=id_.segments[:1]))


def decode(raw: bytes | str) -> Any:
    """Return the JSON value of a delivery; raise Invalid where it is too large or no JSON."""
    if len(raw) > LARGEST:
        raise _fault("$", f"the delivery has {len(raw):,} bytes; at most {LARGEST:,} are read")
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise _fault("$", f"not JSON: {str(error)[:200]}") from None


def parse(body: Any) -> tuple[Notice, ...]:
    """Return the notices of an event or a list of events; raise Invalid with every fault where any is malformed."""
    events = body if isinstance(body, list) else [body]
    if len(events) > MOST_EVENTS:
        raise _fault("$", f"the delivery has {len(events):,} events; at most {MOST_EVENTS:,} are taken")
    notices: list[Notice] = []
    problems: list[Problem] = []
    for index, event in enumerate(events):
        try:
            notice = _notice(event, f"$[{index}]" if isinstance(body, list) else "$")
        except Invalid as error:
            problems += error.problems
        else:
            notices += [notice] if notice else []
    if problems:
        raise Invalid(_first(problems))
    return tuple(notices)


def validation_code(body: Any) -> str | None:
    """Return the code that a subscription's validation wants back, None where the body is no such event."""
    event = body[0] if isinstance(body, list) and body else body
    if not isinstance(event, dict) or str(event.get("eventType", event.get("type"))).lower() != _VALIDATION:
        return None
    data = event.get("data")
    if isinstance(data, str):  # A validation that comes as a CloudEvent has its data encoded twice.
        data = decode(data)
    return _texts(data, "$.data", "validationCode")[0]


def _notice(event: Any, path: str) -> Notice | None:
    if not isinstance(event, dict):
        raise _fault(path, "an event is a JSON object")
    type_, time = _envelope(event, path)
    if type_.lower().removeprefix(_EVENT_PREFIX) not in _EVENT_TYPES:
        return None
    data: Any = event.get("data")
    uri, operation = _texts(data, f"{path}.data", "resourceUri", "operationName")
    kind, _, verb = operation.lower().rpartition("/")
    if verb not in ("write", "delete") or not (kind in _TYPES or kind == _TAGS):
        return None
    id_ = _resource(uri, f"{path}.data.resourceUri")
    if id_ is None:
        return None
    return Notice(
        resource_id=str(id_),
        # Whose tags are deleted is still there.
        operation="delete" if verb == "delete" and kind != _TAGS else "write",
        type=id_.type.lower(),
        requester=_requester(data),
        correlation_id=_short(data.get("correlationId")),
        time=_moment(time),
        event_id=_short(event.get("id")),
    )


def _envelope(event: dict[str, Any], path: str) -> tuple[str, Any]:
    """Return an event's type and time, by the schema that it is written in."""
    if "specversion" in event:
        if event["specversion"] != "1.0":
            raise _fault(f"{path}.specversion", "only CloudEvents of version '1.0' are understood")
        return _texts(event, path, "type")[0], event.get("time")
    if "eventType" in event:
        return _texts(event, path, "eventType")[0], event.get("eventTime")
    raise _fault(path, "neither the Event Grid schema (eventType) nor CloudEvents 1.0 (specversion)")


def _texts(members: Any, path: str, *names: str) -> list[str]:
    """Return members that have to be texts; raise Invalid with all that are not."""
    if not isinstance(members, dict):
        raise _fault(path, "a JSON object is expected here")
    problems = []
    for name in names:
        value = members.get(name)
        if not isinstance(value, str) or not value:
            problems.append(Problem(f"{path}.{name}", "a text is expected here"))
        elif len(value) > LONGEST_TEXT:
            problems.append(Problem(f"{path}.{name}", f"longer than {LONGEST_TEXT:,} characters"))
    if problems:
        raise Invalid(problems)
    return [members[name] for name in names]


def _resource(uri: str, path: str) -> ResourceId | None:
    """Return the id in Azure's own spelling, None where its type does not matter."""
    try:
        id_ = ResourceId.parse(_PROVIDERS.sub("/providers/", uri))
        if id_.type.lower() == _TAGS:  # `{resource}/providers/Microsoft.Resources/tags/default`
            id_ = ResourceId.parse(id_.scope) if id_.scope else id_.resource_group
    except Invalid as error:
        raise Invalid([Problem(path, problem.message) for problem in error.problems]) from None
    spelled = _TYPES.get(id_.type.lower())
    if spelled is None:
        return None
    names = [id_.subscription, id_.group, *(name for _, name in id_.segments)]
    if id_.scope or not all(map(_is_name, names)):
        raise _fault(path, f"'{uri[:200]}' is not the id of a resource in a resource group")
    provider, *kinds = spelled.split("/")
    segments = tuple((kind, name) for kind, (_, name) in zip(kinds, id_.segments, strict=True))
    return replace(id_, provider=provider, segments=segments)


def _is_name(text: str) -> bool:
    """Say whether a text can be a name in an id, so that it stays one segment of the path it is asked for by."""
    return bool(text.strip(". ")) and text.isprintable() and not _FORBIDDEN_IN_NAMES.intersection(text)


def _requester(data: dict[str, Any]) -> str:
    claims = data.get("claims")
    identity = claims.get(_OBJECT_ID) if isinstance(claims, dict) else None
    return identity if isinstance(identity, str) and _IDENTITY.fullmatch(identity) else ""


def _short(value: Any) -> str:
    return value[:200] if isinstance(value, str) else ""


def _moment(value: Any) -> str:
    try:
        time = datetime.fromisoformat(value)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC).isoformat(timespec="microseconds")
    except (TypeError, ValueError, OverflowError):
        return ""


def _first(problems: list[Problem]) -> list[Problem]:
    rest = len(problems) - MOST_PROBLEMS
    return [*problems[:MOST_PROBLEMS], *([Problem("$", f"and {rest:,} more faults")] if rest > 0 else [])]


def _fault(path: str, message: str) -> Invalid:
    return Invalid([Problem(path, message)])
