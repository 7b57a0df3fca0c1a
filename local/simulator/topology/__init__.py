"""What a machine in the simulated network would see: names, routes, rules, and who answers.

Pure functions over a read-only view of all resources; nothing here writes, waits or draws by chance.
"""

from __future__ import annotations

from local.simulator.topology.evidence import Chain, Evidence, broken, explain
from local.simulator.topology.reachability import Reach, connect
from local.simulator.topology.resolution import Resolution, resolve
from local.simulator.topology.shell import Output, run_script
from local.simulator.topology.view import Seat, View, WorldView, seat_in_subnet, seat_of_vm

__all__ = [
    "Chain",
    "Evidence",
    "Output",
    "Reach",
    "Resolution",
    "Seat",
    "View",
    "WorldView",
    "broken",
    "connect",
    "explain",
    "resolve",
    "run_script",
    "seat_in_subnet",
    "seat_of_vm",
]
