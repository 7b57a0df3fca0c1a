"""Long-running operations: how each provider writes them on the wire, and how one goes on after a kill."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local.simulator.answer import ArmError
    from local.simulator.resource import Json

ASYNC = "azure-asyncoperation"
LOCATION = "location"


@dataclass(frozen=True, slots=True)
class OperationStyle:
    """How a provider shows its operations.

    `status` and `result` are path templates over {subscription}, {group}, {location} and {operation}:
    the URLs of Azure-AsyncOperation and of Location. `api_version` is the one in those URLs (None: the request's).
    `headers_by_verb` says which of the two headers a verb's first answer carries ("*" for any other verb).
    `pending_status` is the HTTP status of a poll of the status URL while it runs.
    `named` adds name, startTime and endTime to the status document (AKS, compute).
    `encoding` is how {operation} is written: "guid", or "dns" and "job" (base64 of more than the id).
    `retry_after` is Retry-After of a verb's first answer, `poll_retry` that of the first, second ... pending poll;
    without them the header is left out and clients fall back to their own interval (30 s).
    `output_member` is the name under `properties` of the status document that holds an output ("": all of it).
    `result_status` is that of the Location URL at the end when there is no output: 204, or 200 with `resource` body.
    """

    name: str
    status: str
    result: str
    api_version: str | None = None
    headers_by_verb: dict[str, frozenset[str]] = field(default_factory=dict)
    pending: str = "InProgress"
    pending_status: int = 200
    result_status: int = 204
    named: bool = False
    output_member: str = ""
    encoding: str = "guid"
    retry_after: dict[str, int] = field(default_factory=dict)
    poll_retry: tuple[int, ...] = ()

    def headers_for(self, verb: str) -> frozenset[str]:
        """Which headers the first answer of this verb carries."""
        both = frozenset({ASYNC, LOCATION})
        return self.headers_by_verb.get(verb, self.headers_by_verb.get("*", both))


@dataclass(frozen=True, slots=True)
class Later:
    """The operation goes on: call `Kind.advance` again after these simulated seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Succeeded:
    """The operation ended well. `output` becomes `properties` of the status document (run command)."""

    output: Any = None


@dataclass(frozen=True, slots=True)
class Failed:
    """The operation ended badly: status Failed with this error."""

    error: ArmError


Progress = Later | Succeeded | Failed


@dataclass(slots=True)
class Operation:
    """A persisted operation; times are simulated POSIX seconds. `data` is the kind's own JSON, kept between steps."""

    id: str
    kind: str
    resource_id: str
    verb: str
    api_version: str
    started: float
    due: float
    location: str
    token: str
    locks: tuple[str, ...] = ()
    status: str = "InProgress"
    ended: float | None = None
    error: Json | None = None
    error_status: int = 400
    output: Any = None
    data: Json = field(default_factory=dict)
    context: Json = field(default_factory=dict)

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self.ended is None
