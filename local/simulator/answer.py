"""What comes in and what goes out: requests, answers, Azure's errors, and the operations that an answer begins."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.simulator.resource import Json, Resource, ResourceId


class ArmError(Exception):
    """A refusal in Azure's shape: `{"error": {"code", "message", "details"}}`, unwrapped where the provider does so."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        details: list[Json] | None = None,
        target: str | None = None,
        headers: Mapping[str, str] | None = None,
        wrapped: bool = True,
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.details = details
        self.target = target
        self.headers = dict(headers or {})
        self.wrapped = wrapped

    @property
    def error(self) -> Json:
        """The error object itself, as operations carry it."""
        error: Json = {"code": self.code, "message": self.message}
        if self.target is not None:
            error["target"] = self.target
        if self.details is not None:
            error["details"] = self.details
        return error

    @property
    def document(self) -> Json:
        """The body of the answer."""
        return {"error": self.error} if self.wrapped else self.error


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent the request, as its token says."""

    object_id: str
    app_id: str
    tenant_id: str


@dataclass(frozen=True, slots=True)
class Request:
    """A request on a resource (`id`), on a collection (`id.name` is empty), or an action on a resource.

    `headers` has lower-case names. `body` is a JSON object, `{}` where none was sent.
    """

    method: str
    id: ResourceId
    api_version: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Json
    caller: Caller
    action: str = ""
    correlation_id: str = ""


@dataclass(frozen=True, slots=True)
class Begin:
    """The wish to begin a long-running operation on the answered resource.

    `verb` is PUT, PATCH, DELETE or an action's name. `seconds` (simulated, until the first `Kind.advance`)
    is drawn from the recorded durations of the kind where None. `locks` are ids (keys) that no other write
    may touch meanwhile, beside `Kind.lock`. `data` is JSON handed to `Kind.advance`.
    `headers` overrides which of azure-asyncoperation and location the answer carries.
    """

    verb: str
    seconds: float | None = None
    locks: tuple[str, ...] = ()
    data: Json = field(default_factory=dict)
    headers: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """`resource` is rendered by its kind; `body` is sent as it is; `begin` starts an operation on `resource`."""

    status: int
    resource: Resource | None = None
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    begin: Begin | None = None
