"""What an identity may do, by the permissions that Azure gave for a resource: judged here, never asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from shared.plan.observed import properties

if TYPE_CHECKING:
    from shared.model.resource_id import ResourceId
    from shared.plan.observed import Observed
    from shared.plan.steps import Json

TYPE = "Microsoft.Authorization/permissions"


def granted(observed: Observed, resource: ResourceId | str) -> tuple[Json, ...]:
    """Return the permissions that were read for a resource; none where nobody asked."""
    seen = observed.within(f"{str(resource).rstrip('/')}/providers/{TYPE}")
    return tuple(properties(item) for item in seen)


def lacking(wanted: Sequence[str], granted: Sequence[Json]) -> tuple[str, ...]:
    """Return the wanted actions that no permission grants, in their order.

    A permission grants an action that one of its `actions` matches and none of its own `notActions`; what one leaves
    out another may grant. Data actions are not looked at. A wanted action is one action, without `*`.
    """
    if unclear := [action for action in wanted if "*" in action]:
        raise ValueError(f"not one action: {', '.join(unclear)}")
    return tuple(action for action in wanted if not any(_grants(permission, action) for permission in granted))


def _grants(permission: Json, action: str) -> bool:
    return _matches(permission.get("actions"), action) and not _matches(permission.get("notActions"), action)


def _matches(patterns: Iterable[str] | None, action: str) -> bool:
    """Say whether a pattern fits an action in any case; `*` stands for any text, slashes included."""
    texts = (".*".join(map(re.escape, pattern.lower().split("*"))) for pattern in patterns or ())
    return any(re.fullmatch(text, action.lower(), re.DOTALL) for text in texts)
