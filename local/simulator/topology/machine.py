"""The machine on which a script runs: where it sits, what it is called, what is on its disk."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local.simulator.topology.view import Seat, View


@dataclass(frozen=True, slots=True)
class Machine:
    """Where commands run. `stub` says whether systemd-resolved answers on 127.0.0.53, as on Ubuntu images.

    `files` are those that its cloud-config wrote, by path; commands change them.
    """

    view: View
    seat: Seat
    name: str = "vm"
    stub: bool = True
    files: dict[str, str] = field(default_factory=dict)
