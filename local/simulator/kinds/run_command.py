"""Run command on a machine: the script sees the simulated network, its output comes in the extension's words.

The action form reports success whatever the script's exit code was; only its output tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from local.simulator.kind import ArmError, Json, Resource
from local.simulator.topology import WorldView, run_script, seat_of_vm
from local.simulator.topology.cloud_config import files_of, keep_files
from local.simulator.topology.machine import Machine

if TYPE_CHECKING:
    from local.simulator.topology import Output
    from local.simulator.world import World

LONGEST = 4096
"""Bytes of an output that run command gives back."""


def read_script(body: Json) -> Json:
    """Take script and parameters from a request, refusing commands that are no Linux shell."""
    command = body.get("commandId")
    if command != "RunShellScript":
        raise ArmError(
            400, "InvalidParameter", f"The command '{command}' is not supported on this machine.", target="commandId"
        )
    script = body.get("script") or []
    if not isinstance(script, list):
        raise ArmError(400, "InvalidParameter", "The value of parameter script is invalid.", target="script")
    return {"script": [str(line) for line in script], "parameters": body.get("parameters") or []}


def execute(world: World, vm: Resource, data: Json) -> Json:
    """Run the script on the machine, now, and word the result."""
    output = run_on(world, vm, data["script"], data["parameters"], number=int(data.get("number", 0)))
    return {
        "code": "ProvisioningState/succeeded",
        "level": "Info",
        "displayStatus": "Provisioning succeeded",
        "message": f"Enable succeeded: \n[stdout]\n{_end(output.stdout)}\n[stderr]\n{_end(output.stderr)}",
    }


def _end(printed: str) -> str:
    """Return what comes back of an output: its last bytes. Source: Azure's page on run command (read 2026-11)."""
    return printed.encode()[-LONGEST:].decode(errors="ignore")


def run_on(world: World, vm: Resource, script: list[str], parameters: list[Json], *, number: int = 0) -> Output:
    """Run a script from where the machine sits in the network."""
    view = WorldView(world)
    seat = seat_of_vm(view, vm)
    if seat is None:
        raise ArmError(409, "OperationNotAllowed", f"The machine {vm.name} has no network interface with an address.")
    image = (vm.properties.get("storageProfile") or {}).get("imageReference") or {}
    stub = str(image.get("publisher", "Canonical")).lower() == "canonical"
    computer = str((vm.properties.get("osProfile") or {}).get("computerName") or vm.name)
    files = files_of(vm)
    before = dict(files)
    output = run_script(Machine(view, seat, computer, stub, files), script, parameters, number=number)
    if files != before:
        keep_files(vm, files)
        world.save(vm)
    return output
