"""What the kinds of Microsoft.ContainerService share: their operations, their unwrapped errors, their versions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from local.simulator.kind import ArmError, Json, Kind, Resource
from local.simulator.operation import ASYNC, OperationStyle

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.operation import Operation
    from local.simulator.world import World

CLUSTER_TYPE = "Microsoft.ContainerService/managedClusters"
POOL_TYPE = "Microsoft.ContainerService/managedClusters/agentPools"

_PATH = "/subscriptions/{subscription}/providers/Microsoft.ContainerService/locations/{location}/"

AKS_STYLE = OperationStyle(
    name="aks",
    status=_PATH + "operations/{operation}",
    result=_PATH + "operationresults/{operation}",
    api_version="2016-03-30",
    headers_by_verb={"PUT": frozenset({ASYNC}), "PATCH": frozenset({ASYNC})},
    named=True,
)

# Minor versions on offer with their patches, newest last; the default is the one before the last two.
VERSIONS: dict[str, tuple[str, ...]] = {
    "1.31": ("1.31.9", "1.31.10"),
    "1.32": ("1.32.6", "1.32.7"),
    "1.33": ("1.33.3", "1.33.5"),
    "1.34": ("1.34.0", "1.34.1"),
    "1.35": ("1.35.0",),
}
DEFAULT_VERSION = "1.33"


class AksKind(Kind):
    """A cluster or a pool: one operation at a time per cluster, except that a deletion goes first."""

    style: ClassVar[OperationStyle] = AKS_STYLE
    pending = ("Creating", "Updating")

    def locked(self, request: Request, operation: Operation, remaining: float) -> ArmError | None:
        """Refuse a write while another operation runs; deleting the cluster preempts it."""
        del remaining
        if request.method == "DELETE" and request.id.type == CLUSTER_TYPE:
            return None
        what = _STATES.get(operation.verb, "Updating")
        if operation.verb == "PUT" and operation.context.get("created"):
            what = "Creating"
        return refuse(
            409,
            "OperationNotAllowed",
            f"Operation is not allowed: Another operation ({what}) is in progress, please wait for it to finish before "
            "starting a new operation. See https://aka.ms/aks-pending-operation for more details",
        )

    def render(self, world: World, resource: Resource) -> Json:
        """Show the id the way this provider writes it: `resourcegroups` in lower case."""
        document = super().render(world, resource)
        document["id"] = shown_id(resource.id)
        return document


_STATES = {"DELETE": "Deleting", "start": "Starting", "stop": "Stopping"}


def shown_id(resource_id: object) -> str:
    """Write an id as this provider does."""
    return str(resource_id).replace("/resourceGroups/", "/resourcegroups/")


def refuse(status: int, code: str, message: str, target: str | None = None) -> ArmError:
    """Build an error in this provider's shape: not wrapped in `error`."""
    return ArmError(status, code, message, target=target, wrapped=False)


def invalid(message: str, target: str) -> ArmError:
    """Build the refusal of a parameter."""
    return refuse(400, "InvalidParameter", message, target)


def full_version(version: str) -> str:
    """Complete `1.33` to its newest patch; a full version stays."""
    if version.count(".") > 1:
        return version
    return VERSIONS.get(version, (f"{version}.9",))[-1]


def section(properties: Json, name: str) -> Json:
    """Read an object of the properties, empty where it is missing or null."""
    value: Any = properties.get(name)
    return dict(value) if isinstance(value, dict) else {}
