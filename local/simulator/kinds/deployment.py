"""Template deployments: enough of the template language for what the Azure command line sends (`az vm create`).

Simplified: all resources of a template appear at once, in the order of their dependencies, with their operations
ended; only the deployment's own operation takes time. Real ones appear one after the other.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from local.simulator.kind import Answer, ArmError, Begin, Json, Kind, Resource
from local.simulator.operation import ASYNC, LOCATION, Later, Operation, OperationStyle
from local.simulator.resource import ResourceId

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.world import World

_SCOPE = "/subscriptions/{subscription}/resourcegroups/{group}/providers/Microsoft.Resources/deployments"
_STYLE = OperationStyle(
    name="deployment",
    status=_SCOPE + "/simulated/operationStatuses/{operation}",
    result=_SCOPE + "/simulated/operationResults/{operation}",
    headers_by_verb={"PUT": frozenset({ASYNC}), "DELETE": frozenset({LOCATION})},
    pending="Running",
)
_REFERENCE = re.compile(r"^\[\s*(parameters|variables)\(\s*'([^']+)'\s*\)\s*\]$")
_RESOURCE_ID = re.compile(r"^\[\s*resourceId\((.*)\)\s*\]$")
_MOST_STAGES = 50


class Deployments(Kind):
    """`Microsoft.Resources/deployments` in a resource group."""

    type = "Microsoft.Resources/deployments"
    located = False
    style: ClassVar[OperationStyle] = _STYLE
    pending = ("Accepted", "Accepted")
    created = 201
    durations = "virtualMachines"

    def put(self, world: World, request: Request, existing: Resource | None) -> Answer:
        """Deploy the template's resources, then let the deployment run for as long as the slowest takes."""
        sent = request.body.get("properties") or {}
        template = sent.get("template") or {}
        values = _values(template, sent.get("parameters") or {})
        items = [_evaluate(item, values, request) for item in template.get("resources", [])]
        deployed = [self._deploy(world, request, item) for item in _ordered(items)]
        resource = self.compose(world, request, existing)
        resource.body = {"properties": _shown(world, request, items, deployed, template)}
        world.save(resource)
        seconds = world.duration(self.durations, "PUT", request.id.key, at_least=0.5)
        return Answer(201 if existing is None else 200, resource, begin=Begin("PUT", seconds=seconds))

    def _deploy(self, world: World, request: Request, item: Json) -> ResourceId:
        """Write one resource as a request of its own would, and let its operation end."""
        kind = _kind(world, item)
        names = str(item["name"]).split("/")
        namespace, *types = kind.type.split("/")
        target = ResourceId(request.id.scope, namespace, tuple(types), tuple(names))
        body = {k: v for k, v in item.items() if k not in {"apiVersion", "type", "name", "dependsOn"}}
        inner = replace(
            request, id=target, api_version=str(item.get("apiVersion", "")), body=body, headers={}, query={}
        )
        answer = kind.put(world, inner, world.find(target))
        if answer.begin is not None:
            _finish(world, kind, inner, answer.begin)
        world.announce(target, "write")
        return target


def _finish(world: World, kind: Kind, request: Request, begin: Begin) -> None:
    operation = Operation(
        id=world.guid("nested", request.id.key),
        kind=kind.type,
        resource_id=str(request.id),
        verb=begin.verb,
        api_version=request.api_version,
        started=world.now,
        due=world.now,
        location="",
        token="",
        data=dict(begin.data),
    )
    for _ in range(_MOST_STAGES):
        if not isinstance(kind.advance(world, operation), Later):
            return


def _kind(world: World, item: Json) -> Kind:
    try:
        return world.kind(str(item.get("type", "")))
    except KeyError as unknown:
        namespace, _, _ = str(item.get("type", "")).partition("/")
        message = (
            f"The resource type of template resource '{item.get('name')}' could not be found in the namespace "
            f"'{namespace}' for api version '{item.get('apiVersion')}'."
        )
        raise ArmError(404, "InvalidResourceType", message) from unknown


def _values(template: Json, parameters: Json) -> dict[tuple[str, str], Any]:
    values: dict[tuple[str, str], Any] = {}
    for name, declared in (template.get("parameters") or {}).items():
        given = parameters.get(name) or {}
        if "value" not in given and "defaultValue" not in declared and not parameters:
            values["parameters", name] = ""
            continue
        values["parameters", name] = given.get("value", declared.get("defaultValue", ""))
    for name, value in (template.get("variables") or {}).items():
        values["variables", name] = value
    return values


def _evaluate(value: Any, values: dict[tuple[str, str], Any], request: Request) -> Any:
    """Replace `[parameters('x')]`, `[variables('x')]` and `[resourceId('type', 'name')]`; keep the rest."""
    if isinstance(value, dict):
        return {k: _evaluate(v, values, request) for k, v in value.items()}
    if isinstance(value, list):
        return [_evaluate(item, values, request) for item in value]
    if not isinstance(value, str):
        return value
    if found := _REFERENCE.match(value):
        return values.get((found[1], found[2]), value)
    if found := _RESOURCE_ID.match(value):
        kind, *names = re.findall(r"'([^']*)'", found[1])
        namespace, *types = kind.split("/")
        return str(ResourceId(request.id.scope, namespace, tuple(types), tuple(names)))
    return value


def _ordered(items: list[Json]) -> list[Json]:
    """Put the resources in the order of their dependencies."""
    pending, ordered = list(items), list[Json]()
    while pending:
        waiting = [_label(item) for item in pending]
        ready = [i for i in pending if not any(_names(d, w) for d in i.get("dependsOn") or [] for w in waiting)]
        if not ready:
            raise ArmError(400, "InvalidTemplate", "Deployment template validation failed: circular dependency.")
        ordered += ready
        pending = [item for item in pending if item not in ready]
    return ordered


def _label(item: Json) -> str:
    return f"{item.get('type', '')}/{item.get('name', '')}".lower()


def _names(dependency: str, label: str) -> bool:
    return dependency.lower().endswith((label, "/" + label.rsplit("/", 1)[-1]))


def _shown(world: World, request: Request, items: list[Json], deployed: list[ResourceId], template: Json) -> Json:
    kinds: dict[str, list[Json]] = {}
    for item in items:
        namespace, _, types = str(item["type"]).partition("/")
        kinds.setdefault(namespace, []).append({"resourceType": types, "locations": [item.get("location")]})
    return {
        "templateHash": str(abs(world.random("template", request.id.key).getrandbits(63))),
        "parameters": {
            name: {"type": str(declared.get("type", "String"))}
            for name, declared in (template.get("parameters") or {}).items()
        },
        "mode": (request.body.get("properties") or {}).get("mode", "Incremental"),
        "provisioningState": "Accepted",
        "timestamp": world.timestamp(),
        "duration": "PT0.0001109S",
        "correlationId": world.guid("deployment"),
        "providers": [{"namespace": n, "resourceTypes": types} for n, types in kinds.items()],
        "dependencies": [],
        "outputResources": [{"id": str(each)} for each in deployed],
    }
