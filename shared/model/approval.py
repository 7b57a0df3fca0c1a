"""What was decided about a network that asked to join a hub, by whom, and for which facts.

Pure data. Deciding is `shared/plan/onboarding.py`'s; this is what a document remembers of it.
"""

from datetime import datetime
from typing import Literal

from pydantic import ConfigDict

from shared.model.part import Part
from shared.model.values import Cidrs, Name

State = Literal["asked", "approved", "rejected", "expired", "refused"]


class Approval(Part):
    """One decision, good for the address space and the hub that it names: other ones need another decision.

    Unknown fields are kept: a newer version may have written them.
    """

    model_config = ConfigDict(extra="allow")

    state: State
    hub: Name
    address_space: Cidrs
    rule: int | None = None
    """The position of the hub's rule that said what to do; null where none fits."""
    by_rule: bool = False
    """Whether the rule itself approved, so that no person was asked."""
    hash: str | None = None
    """The plan that was asked about, and then approved."""
    begun: bool = False
    """Whether the approved plan was begun: what follows from it needs no approval of its own."""
    asked_at: datetime | None = None
    expires_at: datetime | None = None
    decided_at: datetime | None = None
    decided_by: str | None = None
    reason: str = ""
    """What whoever decided said; of a refusal, why."""
