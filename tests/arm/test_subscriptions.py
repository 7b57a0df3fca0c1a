"""What is asked over whole subscriptions: lists, Resource Graph, which there are, and what we may do."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from azure.core.exceptions import ServiceResponseError

from shared.model.errors import Denied, Failed, Invalid, SpokewrightError, Throttled, Transient
from shared.plan.observed import Observed
from shared.plan.permissions import granted, lacking
from tests.arm.wire import ENDPOINT, GROUP, SUBSCRIPTION, VNET, Answer, Credential, Wire

if TYPE_CHECKING:
    from shared.arm.door import Arm

HERE = f"/subscriptions/{SUBSCRIPTION}"
PERMISSIONS = "Microsoft.Authorization/permissions"
NETWORK_TYPES = (
    "virtualNetworks",
    "networkSecurityGroups",
    "routeTables",
    "publicIPAddresses",
    "firewallPolicies",
    "azureFirewalls",
    "networkInterfaces",
    "bastionHosts",
    "privateDnsZones",
)
TYPES = (
    *(f"Microsoft.Network/{name}" for name in NETWORK_TYPES),
    "Microsoft.Compute/virtualMachines",
    "Microsoft.ManagedIdentity/userAssignedIdentities",
    "Microsoft.ContainerService/managedClusters",
)
QUERY = "resources | where tags['spokewright-environment'] == 'test' | project id, tags | order by id asc"


def query_of(request: Any) -> dict[str, list[str]]:
    """Return the query of a request's URL."""
    return parse_qs(urlsplit(request.url).query)


def rows(*ids: str, token: str | None = None, truncated: str = "false") -> Answer:
    """Return a page of Resource Graph's answer, as documented."""
    body: dict[str, Any] = {"totalRecords": 3, "count": len(ids), "data": [{"id": it} for it in ids], "facets": []}
    more = {"$skipToken": token} if token else {}
    return Answer(200, body | {"resultTruncated": truncated} | more)


def asked(request: Any) -> Any:
    """Return the JSON body of a request."""
    return json.loads(request.content)


@pytest.mark.parametrize("type_", TYPES)
async def test_list_of_a_subscription(arm: Arm, wire: Wire, type_: str) -> None:
    """A kind is listed over a whole subscription, page after page, as it came."""
    path = f"{HERE}/providers/{type_}"
    following = f"{ENDPOINT}{path}?api-version=2024-05-01&$skipToken=2"
    wire.answers(
        Answer(200, {"value": [{"id": "a", "unknown": 1}], "nextLink": following}),
        Answer(200, {"value": [{"id": "b"}]}),
    )
    assert await arm.list(type_, HERE) == ({"id": "a", "unknown": 1}, {"id": "b"})
    assert [urlsplit(request.url).path.lower() for request in wire.sent] == [path.lower()] * 2
    assert query_of(wire.sent[1])["$skipToken"] == ["2"]


async def test_list_of_groups(arm: Arm, wire: Wire) -> None:
    """The groups of a subscription come a thousand a page."""
    wire.answers(Answer(200, {"value": [{"id": GROUP, "tags": {"a": "b"}}]}))
    assert await arm.list("Microsoft.Resources/resourceGroups", HERE + "/") == ({"id": GROUP, "tags": {"a": "b"}},)
    assert urlsplit(wire.only.url).path.lower() == f"{HERE}/resourcegroups"
    assert query_of(wire.only)["$top"] == ["1000"]


async def test_lists_of_two_subscriptions(arm: Arm, wire: Wire) -> None:
    """Each subscription is asked for itself, also at the same time."""
    other = HERE.replace("0001", "0002")
    wire.answers(Answer(200, {"value": []}), Answer(200, {"value": []}))
    await asyncio.gather(*(arm.list("Microsoft.Network/routeTables", scope) for scope in (HERE, other)))
    assert sorted(urlsplit(request.url).path.split("/providers")[0] for request in wire.sent) == [HERE, other]


@pytest.mark.parametrize(
    ("type_", "scope"),
    [
        ("Microsoft.Network/virtualNetworks/subnets", HERE),
        ("Microsoft.Resources/resources", HERE),
        ("Microsoft.Network/virtualNetworks", f"{HERE}/providers/Microsoft.Features/features/x"),
        ("Microsoft.Resources/resourceGroups", GROUP),
    ],
)
async def test_list_that_no_place_has(arm: Arm, wire: Wire, type_: str, scope: str) -> None:
    """What Azure does not list there is refused, and nothing is sent."""
    with pytest.raises(Invalid):
        await arm.list(type_, scope)
    assert not wire.sent


async def test_subscription_that_is_not_there(arm: Arm, wire: Wire) -> None:
    """In a scope that is not there is nothing."""
    wire.answers(Answer(404, {"error": {"code": "NotFound", "message": "not found"}}))
    assert await arm.list("Microsoft.Network/virtualNetworks", HERE) == ()


@pytest.mark.parametrize(("status", "code"), [(403, "AuthorizationFailed"), (404, "SubscriptionNotFound")])
async def test_closed_subscription(arm: Arm, wire: Wire, status: int, code: str) -> None:
    """A subscription that we may not see, or that Azure says it does not know, is not taken for an empty one."""
    wire.answers(Answer(status, {"error": {"code": code, "message": "no"}}))
    with pytest.raises(Denied):
        await arm.list("Microsoft.Network/virtualNetworks", HERE)


async def test_query(arm: Arm, wire: Wire) -> None:
    """A query goes out once for each page, the same each time but for the token."""
    wire.answers(rows("a", "b", token="next"), rows("c"))
    assert await arm.query(QUERY, ["s1", "s2"]) == ({"id": "a"}, {"id": "b"}, {"id": "c"})
    first, second = wire.sent
    options = {"resultFormat": "objectArray", "$top": 1000}
    assert asked(first) == {"query": QUERY, "subscriptions": ["s1", "s2"], "options": options}
    assert asked(second) == asked(first) | {"options": options | {"$skipToken": "next"}}
    assert {(it.method, urlsplit(it.url).path) for it in wire.sent} == {
        ("POST", "/providers/Microsoft.ResourceGraph/resources")
    }
    assert query_of(first) == {"api-version": ["2021-03-01"]}
    assert first.headers["Authorization"] == second.headers["Authorization"] == "Bearer a-token"


async def test_query_of_no_subscription(arm: Arm, wire: Wire) -> None:
    """No subscription is none: Azure would take it for all."""
    assert await arm.query(QUERY, []) == ()
    assert not wire.sent


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param(rows("a", truncated="true"), Failed, id="no way to the rest"),
        pytest.param(Answer(200, {"count": 0, "data": {"columns": [], "rows": []}}), Transient, id="a table"),
        pytest.param(Answer(200, {"count": 0}), Transient, id="no rows"),
        pytest.param(Answer(200, b"{cut off"), Transient, id="cut off"),
        pytest.param(Answer(200), Transient, id="empty"),
        pytest.param(Answer(503, b"busy"), Transient, id="busy"),
        pytest.param(ServiceResponseError("reset"), Transient, id="broken connection"),
        pytest.param(
            Answer(400, {"error": {"code": "BadRequest", "message": "ParserFailure"}}), Failed, id="our mistake"
        ),
        pytest.param(Answer(403, {"error": {"code": "AuthorizationFailed", "message": "no"}}), Denied, id="denied"),
    ],
)
async def test_query_that_failed(arm: Arm, wire: Wire, answer: Answer | Exception, error: type[Exception]) -> None:
    """An answer that is not whole is an error, and never fewer rows; it is asked for once."""
    wire.answers(answer)
    with pytest.raises(error):
        await arm.query(QUERY, ["s"])
    assert len(wire.sent) == 1


async def test_second_page_that_failed(arm: Arm, wire: Wire) -> None:
    """Without its second page the first is no answer."""
    wire.answers(rows("a", token="next"), Answer(503, b"busy"))
    with pytest.raises(Transient):
        await arm.query(QUERY, ["s"])


async def test_query_that_is_throttled(arm: Arm, wire: Wire) -> None:
    """Resource Graph says in hours, minutes and seconds how long its quota is spent."""
    details = [{"code": "RateLimiting", "message": "Client application has been throttled."}]
    body = {"error": {"code": "RateLimiting", "message": "Please provide below info", "details": details}}
    headers = {"x-ms-user-quota-remaining": "0", "x-ms-user-quota-resets-after": "00:01:05"}
    wire.answers(Answer(429, body, headers))
    with pytest.raises(Throttled) as raised:
        await arm.query(QUERY, ["s"])
    assert (raised.value.code, raised.value.retry_after) == ("RateLimiting", 65.0)


async def test_query_of_subscriptions_that_we_do_not_see(arm: Arm, wire: Wire) -> None:
    """Where we see none of the subscriptions, somebody has to let us."""
    details = [{"code": "NoValidSubscriptionsInQueryRequest", "message": "There must be at least one subscription"}]
    wire.answers(Answer(400, {"error": {"code": "BadRequest", "message": "Please provide", "details": details}}))
    with pytest.raises(Denied, match="There must be at least one subscription"):
        await arm.query(QUERY, ["s"])


async def test_subscriptions(arm: Arm, wire: Wire) -> None:
    """Our subscriptions are those in use, of all pages."""
    states = ("Enabled", "Disabled", "Warned", "PastDue", "Deleted")
    listed = [{"id": f"/subscriptions/{it}", "subscriptionId": it, "state": it} for it in states]
    following = f"{ENDPOINT}/subscriptions?api-version=2022-12-01&$skiptoken=2"
    last = {"subscriptionId": "other", "state": "Enabled"}
    wire.answers(Answer(200, {"value": listed, "nextLink": following}), Answer(200, {"value": [last]}))
    assert await arm.subscriptions() == ("Enabled", "other")
    assert [request.url for request in wire.sent] == [f"{ENDPOINT}/subscriptions?api-version=2022-12-01", following]


async def test_page_elsewhere(arm: Arm, wire: Wire) -> None:
    """Our token goes to no other host, whatever a page says."""
    wire.answers(Answer(200, {"value": [], "nextLink": "https://evil.example/subscriptions"}))
    with pytest.raises(Denied, match=r"evil\.example"):
        await arm.subscriptions()
    assert len(wire.sent) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [(Answer(200, b"[]"), Transient), (Answer(401, b""), Denied), (Answer(500, b"oops"), Transient)],
    ids=["no page", "no access", "a fault"],
)
async def test_subscriptions_unknown(arm: Arm, wire: Wire, answer: Answer, error: type[SpokewrightError]) -> None:
    """Not to know our subscriptions is not to have none."""
    wire.answers(answer)
    with pytest.raises(error):
        await arm.subscriptions()


@pytest.mark.parametrize("scope", [VNET, GROUP, HERE, f"{VNET}/subnets/nodes", f"{HERE}/resourceGroups/a(b) c"])
async def test_permissions(arm: Arm, wire: Wire, scope: str) -> None:
    """What we may do on a resource, a group or a subscription: one entry for each role, all pages."""
    first, second = {"actions": ["*"], "notActions": ["a/*"]}, {"actions": ["*/read"], "newer": 1}
    following = f"{ENDPOINT}{HERE}/next?api-version=2022-04-01"
    wire.answers(Answer(200, {"value": [first], "nextLink": following}), Answer(200, {"value": [second]}))
    assert await arm.actions(scope) == (first, second)
    encoded = scope.replace("(", "%28").replace(")", "%29").replace(" ", "%20")
    assert wire.sent[0].url == f"{ENDPOINT}{encoded}/providers/{PERMISSIONS}?api-version=2022-04-01"


async def test_permissions_are_read_as_resources(arm: Arm, wire: Wire) -> None:
    """A plan reads permissions as it reads all else, and finds them again."""
    roles = {"actions": ["*"], "notActions": ["Microsoft.Authorization/*"]}, {"actions": ["*/read"]}
    wire.answers(Answer(200, {"value": list(roles)}))
    found = await arm.list(PERMISSIONS.upper(), VNET)
    assert [item["id"] for item in found] == [f"{VNET}/providers/{PERMISSIONS}/{number}" for number in (0, 1)]
    seen = granted(Observed(found), VNET)
    assert seen == roles
    wanted = ("Microsoft.Network/virtualNetworks/write", "Microsoft.Authorization/roleAssignments/write")
    assert lacking(wanted, seen) == wanted[1:]


async def test_permissions_on_nothing(arm: Arm, wire: Wire) -> None:
    """On what is not there nothing is granted; what we may not look at is an error."""
    wire.answers(Answer(404, {"error": {"code": "ResourceNotFound", "message": "not found"}}))
    assert await arm.list(PERMISSIONS, VNET) == ()
    wire.answers(Answer(403, {"error": {"code": "AuthorizationFailed", "message": "no"}}))
    with pytest.raises(Denied):
        await arm.list(PERMISSIONS, VNET)


async def test_one_token_for_every_way(arm: Arm, wire: Wire, credential: Credential) -> None:
    """With a client, without one, and to the graph: one token and one pool of connections."""
    wire.answers(Answer(200, {"value": []}), rows(), Answer(200, {"value": []}))
    await arm.list("Microsoft.Network/virtualNetworks", HERE)
    await arm.query(QUERY, ["s"])
    await arm.subscriptions()
    assert credential.asked == [f"{ENDPOINT}/.default"]
