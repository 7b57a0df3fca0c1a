"""The documents that one document's plan looks at. Data only; loading them is the store's business."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.model.cluster import Cluster
    from shared.model.hub import Hub
    from shared.model.spoke import Spoke


@dataclass(frozen=True, slots=True)
class Related:
    """A hub sees its spokes and their clusters; a spoke its hub and clusters; a cluster its spoke and hub.

    A cluster also sees the hub's spokes that are to resolve all clusters.
    """

    hub: Hub | None = None
    spoke: Spoke | None = None
    spokes: tuple[Spoke, ...] = ()
    clusters: tuple[Cluster, ...] = ()
    neighbours: tuple[Cluster, ...] = ()
    """Of an attached cluster: the others of its hub that use a private DNS zone, which may be the same."""
    hubs: tuple[Hub, ...] = ()
    """All of them, for a network that asks to join one."""
