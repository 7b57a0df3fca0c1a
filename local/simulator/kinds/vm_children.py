"""Extensions and managed run commands of a machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from local.simulator.kind import Answer, ArmError, Failed, Json, Kind, Progress, Resource
from local.simulator.kinds.compute import COMPUTE_STYLE, VM_TYPE
from local.simulator.kinds.run_command import run_on
from local.simulator.kinds.vm_instance_view import instance_view

if TYPE_CHECKING:
    from local.simulator.answer import Request
    from local.simulator.operation import Operation, OperationStyle
    from local.simulator.world import World


class Extensions(Kind):
    """`Microsoft.Compute/virtualMachines/{vm}/extensions/{name}`; the scripts inside them are not run."""

    type = f"{VM_TYPE}/extensions"
    style: ClassVar[OperationStyle] = COMPUTE_STYLE
    durations = "vm/extensions"
    pending = ("Creating", "Updating")

    def validate(self, world: World, request: Request, existing: Resource | None) -> None:
        """The agent on the machine installs it, so the machine has to run."""
        del existing
        machine = world.find(request.id.parent) if request.id.parent else None
        if machine is not None and machine.state.get("power", "running") != "running":
            message = "Cannot modify extensions in the VM when the VM is not running."
            raise ArmError(409, "OperationNotAllowed", message)

    def advance(self, world: World, operation: Operation) -> Progress:
        """Signing in by Entra ID needs an identity of the machine's own; the words of the handler are made up."""
        extension = world.find(operation.resource_id)
        if extension is None or operation.verb == "DELETE" or _has_what_it_needs(world, extension):
            return super().advance(world, operation)
        kind, publisher = extension.properties["type"], extension.properties.get("publisher")
        return Failed(
            ArmError(
                409,
                "VMExtensionProvisioningError",
                f"VM has reported a failure when processing extension '{extension.name}' (publisher '{publisher}' and "
                f"type '{kind}'). Error message: 'Enable failed: the system-assigned managed identity of the virtual "
                "machine is not enabled.'. More information on troubleshooting is available at "
                "https://aka.ms/vmextensionlinuxtroubleshoot.",
            )
        )

    def compose(self, world: World, request: Request, existing: Resource | None) -> Resource:
        """Protected settings are never shown again."""
        resource = super().compose(world, request, existing)
        resource.properties.pop("protectedSettings", None)
        resource.properties.setdefault("autoUpgradeMinorVersion", False)
        return resource


def _has_what_it_needs(world: World, extension: Resource) -> bool:
    if str(extension.properties.get("type", "")).lower() != "aadsshloginforlinux":
        return True
    machine = world.find(extension.id.parent) if extension.id.parent else None
    identity = (machine.body.get("identity") if machine else None) or {}
    return "systemassigned" in str(identity.get("type", "")).lower()


class RunCommands(Kind):
    """`Microsoft.Compute/virtualMachines/{vm}/runCommands/{name}`: a script kept as a resource."""

    type = f"{VM_TYPE}/runCommands"
    style: ClassVar[OperationStyle] = COMPUTE_STYLE
    durations = "vm/runCommands"
    pending = ("Creating", "Updating")

    def get(self, world: World, request: Request, existing: Resource) -> Answer:
        """Show the command, with what it printed when asked."""
        document = self.render(world, existing)
        if "instanceview" in request.query.get("$expand", "").lower():
            document["properties"] = {**existing.properties, "instanceView": existing.state.get("view", {})}
        return Answer(200, body=document)

    def compose(self, world: World, request: Request, existing: Resource | None) -> Resource:
        """Complete the defaults."""
        resource = super().compose(world, request, existing)
        resource.properties.setdefault("asyncExecution", False)
        resource.properties.setdefault("timeoutInSeconds", 0)
        return resource

    def patch(self, world: World, request: Request, existing: Resource) -> Answer:
        """Change the script; it runs again."""
        existing.properties.update(request.body.get("properties") or {})
        if "tags" in request.body:
            existing.body["tags"] = request.body["tags"]
        return self.accept(world, existing, 200, "PATCH", creating=False)

    def finish(self, world: World, resource: Resource) -> None:
        """Run the script."""
        machine = world.find(resource.id.parent) if resource.id.parent else None
        source: Json = resource.properties.get("source") or {}
        if machine is None or "script" not in source:
            return
        output = run_on(world, machine, str(source["script"]).split("\n"), resource.properties.get("parameters") or [])
        resource.state["view"] = {
            "executionState": "Failed" if output.code else "Succeeded",
            "executionMessage": "",
            "exitCode": output.code,
            "output": output.stdout,
            "error": output.stderr,
            "startTime": world.timestamp(),
            "endTime": world.timestamp(),
        }


class InstanceViews(Kind):
    """`GET .../virtualMachines/{vm}/instanceView`."""

    type = f"{VM_TYPE}/instanceView"
    has_state = False

    def get_collection(self, world: World, request: Request) -> Answer | None:
        """Show the instance view of the machine."""
        machine = world.find(request.id.parent) if request.id.parent else None
        return Answer(200, body=instance_view(world, machine)) if machine else None
