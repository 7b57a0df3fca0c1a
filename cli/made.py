"""What was made in Azure for a document and is still there, as its history remembers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cli.errors import ApiError

if TYPE_CHECKING:
    from cli.client import Api
    from cli.kinds import Target

REMEMBERED = 500
"""Steps that a history keeps."""


def made_for(api: Api, target: Target) -> list[str]:
    """Return the ids of what steps created and none deleted since, the last made first."""
    try:
        steps = api.get(f"{target.path}/history", {"limit": REMEMBERED}).body["items"]
    except ApiError:
        return []
    latest: dict[str, Any] = {}
    for step in steps:
        if step.get("action") in ("create", "delete") and step.get("result") == "Succeeded":
            latest.setdefault(str(step.get("resourceId")), step["action"])
    return [resource_id for resource_id, action in latest.items() if action == "create"]
