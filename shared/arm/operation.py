"""A long-running operation as a small JSON handle, and how Azure's answers about one are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Self

if TYPE_CHECKING:
    from shared.plan.steps import Json

State = Literal["InProgress", "Succeeded"]


@dataclass(frozen=True, slots=True)
class Operation:
    """What was begun: `url` is where to ask (None: it is over), `retry_after` what the service said, in seconds.

    `result` is a PUT's first answer or a run command's output; it does not cross durable boundaries.
    """

    resource_id: str
    state: State
    url: str | None = None
    retry_after: float | None = None
    result: Json = None

    def to_json(self) -> dict[str, Json]:
        """Return the handle that crosses a durable boundary."""
        return {"resourceId": self.resource_id, "state": self.state, "url": self.url}

    @classmethod
    def from_json(cls, value: Mapping[str, Json]) -> Self:
        """Read a handle back."""
        return cls(value["resourceId"], value["state"], value["url"])


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return how long the service wants us to wait, in seconds; zero counts as nothing said."""
    for name, unit in (("retry-after-ms", 0.001), ("x-ms-retry-after-ms", 0.001), ("Retry-After", 1.0)):
        text = headers.get(name)
        if text is not None and text.isdecimal() and int(text) > 0:
            return int(text) * unit
    return None


def begun(resource_id: str, status: int, headers: Mapping[str, str], body: Json) -> Operation:
    """Read the first answer to a write: it names the operation in `Azure-AsyncOperation`, or else `Location`."""
    url = headers.get("Azure-AsyncOperation")
    if url is None and status == 202:  # noqa: PLR2004 - accepted
        url = headers.get("Location")
    if url is None:
        return Operation(resource_id, "Succeeded", result=body)
    return Operation(resource_id, "InProgress", url, retry_after(headers), body)


def output(body: Any) -> Any:
    """Return what a finished operation gave: a run command's message, else nothing."""
    if not isinstance(body, dict):
        return None
    value = ((body.get("properties") or {}).get("output") or body).get("value")
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "\n".join(str(item.get("message", "")) for item in value)
    return None
