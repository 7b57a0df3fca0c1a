"""The kinds that the simulator serves: an explicit list, so that reading it says what is modelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.simulator.kinds import resource_group

if TYPE_CHECKING:
    from local.simulator.kind import Kind

KINDS: tuple[type[Kind], ...] = (resource_group.ResourceGroups,)
