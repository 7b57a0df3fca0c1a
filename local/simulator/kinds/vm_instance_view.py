"""The instance view of a machine: agent, disks, power, as the compute provider reports them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from local.simulator.resource import Json, Resource
    from local.simulator.world import World

_WORDS = {"running": "VM running", "stopped": "VM stopped", "deallocated": "VM deallocated"}
_SYSTEMS = {"debian": "debian", "canonical": "ubuntu"}


def instance_view(world: World, machine: Resource) -> Json:
    """Build the view."""
    power = str(machine.state.get("power", "running"))
    created = world.timestamp(machine.created).replace("Z", "+00:00")
    done = machine.provisioning_state == "Succeeded"
    storage = machine.properties.get("storageProfile") or {}
    provisioned = {
        "code": "ProvisioningState/succeeded" if done else "ProvisioningState/creating",
        "level": "Info",
        "displayStatus": "Provisioning succeeded" if done else "Creating",
    }
    view: Json = {
        "disks": [{"name": (storage.get("osDisk") or {}).get("name"), "statuses": [{**provisioned, "time": created}]}],
        "hyperVGeneration": "V1",
        "statuses": [{**provisioned, "time": created}] if done else [provisioned],
    }
    if done:
        view["statuses"].append({"code": f"PowerState/{power}", "level": "Info", "displayStatus": _WORDS[power]})
    if done and power == "running":
        view = {**_system(machine), "vmAgent": _agent(created), **view}
    return view


def _system(machine: Resource) -> Json:
    image = (machine.properties.get("storageProfile") or {}).get("imageReference") or {}
    version = str(image.get("exactVersion") or "12").split(".")
    computer = (machine.properties.get("osProfile") or {}).get("computerName") or machine.name
    return {
        "computerName": computer,
        "osName": _SYSTEMS.get(str(image.get("publisher", "")).lower(), "linux"),
        "osVersion": ".".join(version[:2]),
    }


def _agent(time: str) -> Json:
    ready = {
        "code": "ProvisioningState/succeeded",
        "level": "Info",
        "displayStatus": "Ready",
        "message": "Guest Agent is running",
        "time": time,
    }
    return {"vmAgentVersion": "2.9.0.4", "statuses": [ready], "extensionHandlers": []}
