"""Event Grid events of a subscription: one for each write, delete and action, after it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.simulator.resource import GROUP_TYPE, Json, ResourceId

if TYPE_CHECKING:
    from local.simulator.world import World

_OUTCOMES = {"Succeeded": "Success", "Failed": "Failure", "Canceled": "Cancel"}
_GROUP_OPERATIONS = "Microsoft.Resources/subscriptions/resourceGroups"
_MARK = "/resourceGroups/"


@dataclass(frozen=True, slots=True)
class Happening:
    """What an event tells of; `context` is that of the request (see `context_of`)."""

    id: ResourceId
    action: str
    status: str
    context: Json


def compose(world: World, happening: Happening) -> Json:
    """Write the event in the Event Grid schema; it holds no resource body, as in Azure."""
    uri = _recased(world, str(happening.id))
    resource_type = _GROUP_OPERATIONS if happening.id.type == GROUP_TYPE else happening.id.type
    operation = f"{resource_type}/{happening.action}"
    verb = {"write": "Write", "delete": "Delete"}.get(happening.action, "Action")
    return {
        "id": world.guid("event", happening.id.key),
        "topic": f"/subscriptions/{happening.id.subscription}",
        "subject": uri,
        "eventType": f"Microsoft.Resources.Resource{verb}{_OUTCOMES[happening.status]}",
        "eventTime": world.timestamp(),
        "dataVersion": "2",
        "metadataVersion": "1",
        "data": _data(happening, uri, operation),
    }


def _data(happening: Happening, uri: str, operation: str) -> Json:
    context = happening.context
    data: Json = {
        "authorization": {
            "scope": uri,
            "action": operation,
            "evidence": {
                "role": "Owner",
                "principalId": context.get("objectId", ""),
                "principalType": "ServicePrincipal",
            },
        },
        "claims": _claims(context),
        "correlationId": context.get("correlationId", ""),
        "resourceProvider": happening.id.namespace,
        "resourceUri": uri,
        "operationName": operation,
        "status": happening.status,
        "subscriptionId": happening.id.subscription,
        "tenantId": context.get("tenantId", ""),
    }
    if context.get("method") and not context.get("created"):
        data["httpRequest"] = {
            "clientRequestId": context.get("clientRequestId", ""),
            "clientIpAddress": "127.0.0.1",
            "method": context["method"],
            "url": context.get("url", ""),
        }
    return data


def _claims(context: Json) -> Json:
    return {
        "aud": "https://management.core.windows.net/",
        "iss": f"https://sts.windows.net/{context.get('tenantId', '')}/",
        "appid": context.get("appId", ""),
        "appidacr": "2",
        "http://schemas.microsoft.com/identity/claims/objectidentifier": context.get("objectId", ""),
        "http://schemas.microsoft.com/identity/claims/tenantid": context.get("tenantId", ""),
    }


def _recased(world: World, uri: str) -> str:
    """Write every third uri with `resourcegroups` in lower case: the case of ids in events varies."""
    return uri.replace(_MARK, _MARK.lower()) if world.count("event uri") % 3 == 0 else uri
