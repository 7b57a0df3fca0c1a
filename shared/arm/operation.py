"""The handle of a write: small, plain, and good in another process and after a restart. It knows nothing of HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Self

State = Literal["InProgress", "Succeeded"]
Verb = Literal["put", "delete", "run"]


@dataclass(frozen=True, slots=True)
class Operation:
    """A write that Azure accepted; a failed one is an exception, never an Operation.

    `url` is where to look next, and None once the operation has ended; `retry_after` is in seconds, as the service said.
    `result` is a PUT's body as Azure answered it, or the text that a run command printed.
    """

    state: State
    resource_id: str
    verb: Verb = "put"
    url: str | None = None
    retry_after: float | None = None
    result: Any = None

    @property
    def done(self) -> bool:
        """Whether there is nothing left to poll."""
        return self.state == "Succeeded"

    def to_json(self) -> dict[str, Any]:
        """Return the form that crosses durable boundaries; a running operation's result stays behind (it is large)."""
        handle = {
            "state": self.state,
            "resourceId": self.resource_id,
            "verb": self.verb,
            "url": self.url,
            "retryAfter": self.retry_after,
            "result": self.result if self.done else None,
        }
        return {name: value for name, value in handle.items() if value is not None}

    @classmethod
    def from_json(cls, handle: dict[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        return cls(
            state=handle["state"],
            resource_id=handle["resourceId"],
            verb=handle.get("verb", "put"),
            url=handle.get("url"),
            retry_after=handle.get("retryAfter"),
            result=handle.get("result"),
        )
