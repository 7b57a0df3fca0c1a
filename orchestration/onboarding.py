"""Looks at one resource that an event or the sweep named."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestration.dependencies import Dependencies
    from orchestration.waking import DurableClient

log = logging.getLogger(__name__)


async def look(
    dependencies: Dependencies,  # noqa: ARG001 - what a look needs
    client: DurableClient,  # noqa: ARG001 - same
    resource_id: str,
    requester: str,  # noqa: ARG001 - same
) -> None:
    """Look at a resource as it is now."""
    log.debug("onboarding.look resource_id=%s", resource_id)
