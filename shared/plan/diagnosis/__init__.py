"""Which link of the chain from a machine to an API server is broken, and how to mend it.

Asked when the proof from inside failed: the name does not resolve, resolves to the wrong place, or 443 does not answer.
Pure: it judges what a machine saw (`shared.plan.probe`) and what Azure answered to `reads` and `further_reads`. What
could not be read, or cannot be told from it, is never blamed; the first broken link along the chain is named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.plan.diagnosis import connection, names
from shared.plan.diagnosis.case import Asked, Case
from shared.plan.diagnosis.link import MEANINGS, BrokenLink, Diagnosis, unknown
from shared.plan.diagnosis.questions import further_reads, healthy, reads, resolves
from shared.plan.diagnosis.scene import Scene

if TYPE_CHECKING:
    from shared.plan.observed import Observed

__all__ = [
    "MEANINGS",
    "Asked",
    "BrokenLink",
    "Case",
    "Diagnosis",
    "diagnose",
    "further_reads",
    "reads",
    "unknown",
]


def diagnose(case: Case, observed: Observed) -> Diagnosis | None:
    """Return the first broken link along the chain; None only where nothing is wrong."""
    if healthy(case):
        return None
    gone = next((network for network in (case.consumer, case.home) if observed.gone(network)), None)
    if gone is not None:
        return Diagnosis(
            BrokenLink.NETWORK_MISSING,
            f"virtual network {gone.name} (resource group {gone.group}) is not there any more",
            f"make {gone.name} anew, or delete what still counts on it",
        )
    scene = Scene(case, observed)
    return connection.obstacle(scene) if resolves(case) else names.obstacle(scene)
