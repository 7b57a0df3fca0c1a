"""Virtual machines: they need a network interface, have an instance view, start and stop, and run commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from local.simulator.kind import Answer, ArmError, Begin, Json, Kind, Progress, Resource, Succeeded
from local.simulator.kinds.availability_set import shouted
from local.simulator.kinds.compute import (
    COMPUTE_STYLE,
    VM_TYPE,
    exact_version,
    is_windows,
    make_data_disk,
    make_os_disk,
)
from local.simulator.kinds.identity import show_identity
from local.simulator.kinds.run_command import execute, read_script
from local.simulator.kinds.vm_checks import check_machine
from local.simulator.kinds.vm_instance_view import instance_view
from local.simulator.resource import ResourceId

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.operation import Operation, OperationStyle
    from local.simulator.world import World

_POWER = {"start": "running", "restart": "running", "powerOff": "stopped", "deallocate": "deallocated"}
_UPKEEP = ("redeploy", "reapply", "reimage", "performMaintenance", "convertToManagedDisks")
_ACTIONS = {name.lower(): name for name in (*_POWER, *_UPKEEP, "runCommand")}
_KEPT = ("identity", "zones")
_PROFILES = (
    "hardwareProfile",
    "storageProfile",
    "osProfile",
    "networkProfile",
    "securityProfile",
    "availabilitySet",
)
_SECRETS = ("adminPassword", "customData")


class VirtualMachines(Kind):
    """`Microsoft.Compute/virtualMachines/{name}`."""

    type = VM_TYPE
    style: ClassVar[OperationStyle] = COMPUTE_STYLE
    pending = ("Creating", "Updating")

    # --- reads -----------------------------------------------------------------------------------------

    def get(self, world: World, request: Request, existing: Resource) -> Answer:
        """Show the machine, with its instance view when asked."""
        if "instanceview" not in request.query.get("$expand", "").lower():
            return Answer(200, existing)
        document = self.render(world, existing)
        document["properties"] = {**document["properties"], "instanceView": instance_view(world, existing)}
        return Answer(200, body=document)

    def render(self, world: World, resource: Resource) -> Json:
        """Show the machine and its extensions; the id of its availability set in upper case, as this provider does."""
        document = super().render(world, resource)
        joined = ResourceId.parse(str((resource.properties.get("availabilitySet") or {}).get("id", "")))
        if joined is not None:
            document["properties"] = {**resource.properties, "availabilitySet": {"id": shouted(joined)}}
        extensions = world.children(resource.id, f"{VM_TYPE}/extensions")
        if extensions:
            document["resources"] = [world.kind(e.id.type).render(world, e) for e in extensions]
        return document

    # --- writes ----------------------------------------------------------------------------------------

    def validate(self, world: World, request: Request, existing: Resource | None) -> None:
        """A machine needs network interfaces that exist and that no other machine uses."""
        interfaces = _interfaces(request.body.get("properties") or {})
        if not interfaces and existing is None:
            raise ArmError(
                400,
                "InvalidParameter",
                "Required parameter 'networkProfile' is missing (null).",
                target="networkProfile",
            )
        for interface in interfaces:
            self._check_interface(world, request, interface)
        check_machine(world, request, existing)

    def compose(self, world: World, request: Request, existing: Resource | None) -> Resource:
        """Complete what the caller left to Azure; secrets are kept out of sight."""
        before = dict(existing.properties) if existing else {}
        kept = {name: existing.body[name] for name in _KEPT if name in existing.body} if existing else {}
        resource = super().compose(world, request, existing)
        resource.body.setdefault("tags", {})
        resource.body = {**kept, **resource.body}
        properties = resource.properties
        for name in _PROFILES:
            if name not in properties and name in before:
                properties[name] = before[name]
        properties["vmId"] = before.get("vmId") or world.guid("vm", resource.key)
        properties["timeCreated"] = before.get("timeCreated") or world.timestamp().replace("Z", "+00:00")
        _hide_secrets(resource)
        _complete_os_profile(resource)
        _complete_storage(world, resource, before)
        _complete_network(properties)
        show_identity(world, resource, request.caller.tenant_id)
        resource.state.setdefault("power", "running")
        return resource

    def put(self, world: World, request: Request, existing: Resource | None) -> Answer:
        """Create or replace; where only tags change, the answer names no operation to poll (as recorded)."""
        before = dict(existing.properties) if existing else {}
        answer = super().put(world, request, existing)
        if not before or answer.resource is None or _substance(before) != _substance(answer.resource.properties):
            return answer
        return Answer(answer.status, answer.resource, begin=Begin("PUT", headers=frozenset()))

    def patch(self, world: World, request: Request, existing: Resource) -> Answer:
        """Change tags, size, disks; runs as an operation."""
        check_machine(world, request, existing)
        for name in ("tags", "identity", "zones"):
            if name in request.body:
                existing.body[name] = request.body[name]
        for name, value in (request.body.get("properties") or {}).items():
            known = existing.properties.get(name)
            merge = isinstance(known, dict) and isinstance(value, dict)
            existing.properties[name] = {**(known or {}), **value} if merge else value
        _hide_secrets(existing)
        show_identity(world, existing, request.caller.tenant_id)
        existing.properties["provisioningState"] = "Updating"
        world.save(existing)
        return Answer(200, existing, begin=Begin("PATCH"))

    def removed(self, world: World, resource: Resource) -> None:
        """Take along disk and interfaces whose delete option says so."""
        disk = (resource.properties.get("storageProfile") or {}).get("osDisk") or {}
        if disk.get("deleteOption") == "Delete":
            _remove_if_there(world, str((disk.get("managedDisk") or {}).get("id", "")))
        for interface in _interfaces(resource.properties):
            if (interface.get("properties") or {}).get("deleteOption") == "Delete":
                _remove_if_there(world, str(interface.get("id", "")))

    # --- actions ---------------------------------------------------------------------------------------

    def post(self, world: World, request: Request, existing: Resource) -> Answer:
        """Start, stop, run a command."""
        action = _ACTIONS.get(request.action.lower(), "")
        if action == "runCommand":
            return self._run_command(world, request, existing)
        if request.action.lower() == "generalize":
            return Answer(200)
        if not action:
            return super().post(world, request, existing)
        seconds = world.duration("virtualMachines", "PUT", existing.key)
        return Answer(202, begin=Begin(action, seconds=seconds))

    def advance(self, world: World, operation: Operation) -> Progress:
        """End an action or a write."""
        machine = world.find(operation.resource_id)
        if machine is None:
            return Succeeded()
        if operation.verb == "runCommand":
            return Succeeded({"value": [execute(world, machine, operation.data)]})
        if operation.verb in _UPKEEP:
            return Succeeded()
        if operation.verb in _POWER:
            machine.state["power"] = _POWER[operation.verb]
            world.save(machine)
            return Succeeded()
        return super().advance(world, operation)

    def failed(self, world: World, operation: Operation) -> None:
        """An action that failed leaves the machine's provisioning state alone."""
        if operation.verb in {"PUT", "PATCH", "DELETE"}:
            super().failed(world, operation)

    @staticmethod
    def _run_command(world: World, request: Request, machine: Resource) -> Answer:
        if machine.state.get("power") != "running":
            raise ArmError(409, "OperationNotAllowed", "The operation requires the VM to be running (or set to run).")
        if any(op.verb == "runCommand" for op in world.running(machine.id)):
            raise ArmError(
                409,
                "Conflict",
                "Run command extension execution is in progress. Please wait for completion before invoking a run "
                "command.",
            )
        data = read_script(request.body)
        data["number"] = machine.state.get("runs", 0)
        machine.state["runs"] = data["number"] + 1
        world.save(machine)
        seconds = world.duration("vm/runCommand", "POST", machine.key)
        return Answer(202, begin=Begin("runCommand", seconds=seconds, data=data))

    @staticmethod
    def _check_interface(world: World, request: Request, interface: Json) -> None:
        wanted = ResourceId.parse(str(interface.get("id", "")))
        found = world.find(wanted) if wanted else None
        if wanted is None or found is None:
            raise ArmError(
                400,
                "InvalidResourceReference",
                f"Resource {interface.get('id')} referenced by resource {request.id} was not found. Please make sure "
                "that the referenced resource exists, and that both resources are in the same region.",
                details=[],
            )
        users = [user for user in world.referrers(wanted, VM_TYPE) if user.key != request.id.key]
        if users:
            raise ArmError(
                409,
                "NicInUse",
                f"Network Interface {found.id} is used by existing resource {users[0].id}. In order to delete the "
                "network interface, it must be dissociated from the resource. To learn more, see aka.ms/deletenic.",
                details=[],
            )


def _substance(properties: Json) -> Json:
    """Leave out what changes by itself, and which disk it is: swapping disks is not modelled."""
    kept = {k: v for k, v in properties.items() if k not in {"provisioningState", "instanceView", "storageProfile"}}
    storage = dict(properties.get("storageProfile") or {})
    disk = storage.pop("osDisk", None) or {}
    return {**kept, "storage": storage, "size": disk.get("diskSizeGB"), "caching": disk.get("caching")}


def _interfaces(properties: Json) -> list[Json]:
    return list((properties.get("networkProfile") or {}).get("networkInterfaces") or ())


def _hide_secrets(machine: Resource) -> None:
    profile = machine.properties.get("osProfile") or {}
    for name in _SECRETS:
        if name in profile:
            machine.state[name] = profile.pop(name)


def _complete_os_profile(machine: Resource) -> None:
    profile = machine.properties.get("osProfile")
    if profile is None:
        return
    if is_windows(machine):
        windows = profile.setdefault("windowsConfiguration", {})
        windows.setdefault("provisionVMAgent", True)
        windows.setdefault("enableAutomaticUpdates", True)
        windows.setdefault("patchSettings", {"patchMode": "AutomaticByOS", "assessmentMode": "ImageDefault"})
    else:
        _complete_linux(profile.setdefault("linuxConfiguration", {}))
    profile.setdefault("secrets", [])
    profile.setdefault("allowExtensionOperations", True)
    profile.setdefault("requireGuestProvisionSignal", True)


def _complete_linux(linux: Json) -> None:
    linux.setdefault("disablePasswordAuthentication", False)
    linux.setdefault("provisionVMAgent", True)
    linux.setdefault("patchSettings", {"patchMode": "ImageDefault", "assessmentMode": "ImageDefault"})
    linux.setdefault("enableVMAgentPlatformUpdates", False)


def _complete_storage(world: World, machine: Resource, before: Json) -> None:
    storage = machine.properties.setdefault("storageProfile", {})
    kept = before.get("storageProfile") or {}
    if "imageReference" in kept:
        storage.setdefault("imageReference", kept["imageReference"])
    image = storage.get("imageReference")
    if image and "id" not in image:
        image["exactVersion"] = exact_version(image)
    known = kept.get("osDisk") or {}
    given = {k: v for k, v in (storage.get("osDisk") or {}).items() if v is not None}
    storage["osDisk"] = make_os_disk(world, machine, {**known, **given})
    storage["dataDisks"] = [make_data_disk(world, machine, disk) for disk in storage.get("dataDisks") or ()]


def _complete_network(properties: Json) -> None:
    for interface in _interfaces(properties):
        inner = {k: v for k, v in (interface.get("properties") or {}).items() if v is not None}
        interface.pop("properties", None)
        if inner:
            interface["properties"] = inner


def _remove_if_there(world: World, text: str) -> None:
    found = world.find(text)
    if found is not None:
        world.remove(found.id)
        world.announce(found.id, "delete")
