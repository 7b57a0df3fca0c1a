"""Azure Resource Graph: a query over the resources of several subscriptions.

It answers from what is there now; the real index lags behind by seconds to minutes.
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, ClassVar

from local.simulator.access import may
from local.simulator.actions import Needed
from local.simulator.graph_query import Query, QueryError, Row, read_query
from local.simulator.kind import Answer, ArmError, Json, Kind, Resource
from local.simulator.resource import GROUP_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from local.simulator.answer import Request
    from local.simulator.world import World

QUERY_TYPE = "Microsoft.ResourceGraph/resources"
_EAGER = ("id", "name", "type", "tenantId", "location", "resourceGroup", "subscriptionId")
_RENDERED = ("managedBy", "sku", "plan", "kind", "properties", "tags", "identity", "zones", "extendedLocation")
_EMPTY = {"managedBy": "", "kind": ""}
_COLUMNS = frozenset((*_EAGER, *_RENDERED))
_USUAL_ROWS = 100
_MOST_ROWS = 1000
_INVALID: Json = {
    "code": "InvalidQuery",
    "message": "Query is invalid. Please refer to the documentation for the Azure Resource Graph service and fix the "
    "error before retrying.",
}


class ResourceGraph(Kind):
    """`POST /providers/Microsoft.ResourceGraph/resources`."""

    type = QUERY_TYPE
    versions = ("2019-04-01", "2027-12-31")
    located: ClassVar[bool] = False
    asynchronous = False
    has_state = False

    def post_collection(self, world: World, request: Request) -> Answer:
        """Run a query."""
        try:
            query = read_query(str(request.body.get("query") or ""), _COLUMNS)
        except QueryError as error:
            raise _refused(world, request, _INVALID, *error.details) from error
        if query.table.lower() != "resources":
            message = f"Table {query.table} is invalid, unsupported or disallowed."
            raise _refused(world, request, {"code": "DisallowedLogicalTableName", "message": message})
        subscriptions = _subscriptions(world, request)
        found = query.run([row for each in subscriptions for row in _rows(world, request, each)])
        return Answer(200, body=_page(world, request, query, found))


class ResourceRow(dict[str, Any]):
    """A row of the table `resources`; what its provider shows is rendered only when it is asked for."""

    def __init__(self, world: World, resource: Resource, tenant: str) -> None:
        super().__init__(
            id=str(resource.id),
            name=resource.name,
            type=resource.id.type.lower(),
            tenantId=tenant,
            location=resource.location,
            resourceGroup=resource.id.group.lower(),
            subscriptionId=resource.id.subscription,
        )
        self._world = world
        self._resource = resource

    def __missing__(self, name: str) -> Any:
        """Render the resource once."""
        shown = self._world.kind(self._resource.id.type).render(self._world, self._resource)
        self.update({column: shown.get(column, _EMPTY.get(column)) for column in _RENDERED})
        return self[name]


def _rows(world: World, request: Request, subscription: str) -> Iterable[Row]:
    """List what the table holds: all that has a location, but groups; nested ones too (links, extensions)."""
    caller = request.caller
    for resource in world.under(f"/subscriptions/{subscription}"):
        if not resource.location or resource.id.type.startswith(GROUP_TYPE.split("/", maxsplit=1)[0]):
            continue
        if may(world, caller, Needed(f"{resource.id.type}/read", str(resource.id))):
            yield ResourceRow(world, resource, caller.tenant_id)


def _subscriptions(world: World, request: Request) -> list[str]:
    """List the subscriptions to look at; those that nobody knows are left out, unless none is left."""
    given = [str(each).lower() for each in request.body.get("subscriptions") or ()]
    known = [each for each in dict.fromkeys(given) if each in world.subscriptions]
    if given and not known:
        raise _refused(
            world,
            request,
            {
                "code": "NoValidSubscriptionsInQueryRequest",
                "message": "There must be at least one subscription that is eligible to contain resources. Given: "
                f"'{','.join(given)}'.",
            },
        )
    return known or list(world.subscriptions)


def _page(world: World, request: Request, query: Query, found: list[Row]) -> Json:
    """Write a page; without the column id, or with a limit of its own, a query has no further pages."""
    options = request.body.get("options") or {}
    first = _offset(world, request, options)
    size = _size(world, request, options)
    rows = found[first : first + size]
    more = first + size < len(found)
    paged = "id" in query.columns and not query.limited
    page: Json = {
        "totalRecords": len(found),
        "count": len(rows),
        "data": [{name: row[name] for name in _shown(row)} for row in rows],
        "facets": [],
        "resultTruncated": "true" if more and not paged else "false",
    }
    if options.get("resultFormat", "objectArray") != "objectArray":
        raise _refused(world, request, {"code": "InvalidResultFormat", "message": "Only objectArray is simulated."})
    if more and paged:
        page["$skipToken"] = base64.urlsafe_b64encode(f"at:{first + size}".encode()).decode()
    return page


def _shown(row: Row) -> Iterable[str]:
    return (*_EAGER, *_RENDERED) if isinstance(row, ResourceRow) else row


def _size(world: World, request: Request, options: Json) -> int:
    size = options.get("$top") or _USUAL_ROWS
    if not isinstance(size, int) or not 1 <= size <= _MOST_ROWS:
        message = f"The value of $top is between 1 and {_MOST_ROWS}."
        raise _refused(world, request, {"code": "InvalidQueryOptions", "message": message})
    return size


def _offset(world: World, request: Request, options: Json) -> int:
    token = options.get("$skipToken")
    if not token:
        return int(options.get("$skip") or 0)
    try:
        return int(base64.urlsafe_b64decode(str(token)).decode().removeprefix("at:"))
    except (ValueError, binascii.Error) as wrong:
        message = "The skip token is invalid."
        raise _refused(world, request, {"code": "InvalidSkipToken", "message": message}) from wrong


def _refused(world: World, request: Request, *details: Json) -> ArmError:
    return ArmError(400, "BadRequest", support_message(world.timestamp(), request.correlation_id), details=[*details])


def support_message(timestamp: str, correlation_id: str) -> str:
    """Write what every refusal of Resource Graph says; the reason stands in the details."""
    return (
        f"Please provide below info when asking for support: timestamp = {timestamp}, correlationId = {correlation_id}."
    )
