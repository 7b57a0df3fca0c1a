"""Machines: their interface, disk, instance view, power, and run commands on the wire."""

from __future__ import annotations

import pytest

from tests.simulator import landscape as land
from tests.simulator.conftest import Azure, network, space, vnet

NIC = network("networkInterfaces", "jump")
RUN = {"commandId": "RunShellScript"}


@pytest.fixture
async def jump(azure: Azure) -> Azure:
    """A machine in a network of its own."""
    await azure.made(vnet("hub"), space("10.0.0.0/22", jump="10.0.1.0/26"))
    made = await land.build_jump_server(azure)
    assert made.properties["provisioningState"] == "Succeeded"
    return azure


async def test_a_machine_needs_an_interface_that_exists(azure: Azure) -> None:
    """Without an interface, or with one that is not there, a machine is refused."""
    body = {"location": "westeurope", "properties": land.machine(NIC)}
    answer = await azure.put(land.JUMP, body)
    assert (answer.status, answer.code) == (400, "InvalidResourceReference")
    del body["properties"]["networkProfile"]  # type: ignore[attr-defined]
    assert (await azure.put(land.JUMP, body)).code == "InvalidParameter"


async def test_interface_and_machine_know_each_other(jump: Azure) -> None:
    """The interface shows its machine, and is in use by it and by no other."""
    assert (await jump.get(NIC)).properties["virtualMachine"]["id"] == land.JUMP
    assert (await jump.delete(NIC)).code == "NicInUse"
    other = await jump.put(f"{land.JUMP}2", {"location": "westeurope", "properties": land.machine(NIC)})
    assert (other.status, other.code) == (409, "NicInUse")


async def test_secrets_stay_hidden_and_defaults_show(jump: Azure) -> None:
    """Passwords and custom data are never shown; the image has an exact version, the disk a name."""
    body = {"location": "westeurope", "properties": land.machine(NIC, custom_data="I2Nsb3VkLWNvbmZpZw==")}
    answer = await jump.put(land.JUMP, body)
    assert answer.status == 200
    assert "customData" not in answer.properties["osProfile"]
    storage = answer.properties["storageProfile"]
    assert storage["imageReference"]["exactVersion"] == "0.20250210.2019"
    assert storage["osDisk"]["managedDisk"]["id"].endswith(storage["osDisk"]["name"])


async def test_a_machine_takes_its_disk_along(jump: Azure) -> None:
    """With delete option Delete the system disk goes with the machine; the interface stays."""
    storage = (await jump.get(land.JUMP)).properties["storageProfile"]
    disk = storage["osDisk"]["managedDisk"]["id"]
    assert (await jump.get(disk)).status == 200
    assert (await jump.delete(disk)).code == "OperationNotAllowed"
    await jump.removed(land.JUMP)
    assert (await jump.get(disk)).status == 404
    assert (await jump.get(NIC)).status == 200


async def test_power_shows_in_the_instance_view(jump: Azure) -> None:
    """Deallocating and starting change the power state; a stopped machine runs no commands."""
    assert (await jump.send("POST", f"{land.JUMP}/deallocate")).status == 202
    await jump.pass_time()
    view = (await jump.get(land.JUMP, **{"$expand": "instanceView"})).properties["instanceView"]
    assert view["statuses"][-1]["code"] == "PowerState/deallocated"
    refused = await jump.send("POST", f"{land.JUMP}/runCommand", {**RUN, "script": ["true"]})
    assert (refused.status, refused.code) == (409, "OperationNotAllowed")
    await jump.send("POST", f"{land.JUMP}/start")
    await jump.pass_time()
    view = (await jump.get(land.JUMP, **{"$expand": "instanceView"})).properties["instanceView"]
    assert view["statuses"][-1]["displayStatus"] == "VM running"
    assert view["vmAgent"]["statuses"][0]["displayStatus"] == "Ready"


async def test_a_run_command_ends_in_both_places(jump: Azure) -> None:
    """The status document holds the output under properties.output, the Location URL holds it plainly."""
    parameters = [{"name": "arg1", "value": "hello"}, {"name": "arg2", "value": "world"}]
    body = {**RUN, "script": ["echo $0 $1"], "parameters": parameters}
    begun = await jump.send("POST", f"{land.JUMP}/runCommand", body)
    assert (begun.status, begun.body) == (202, None)
    assert (await jump.get(begun.headers["location"])).status == 202
    await jump.pass_time(300)
    expected = {
        "code": "ProvisioningState/succeeded",
        "level": "Info",
        "displayStatus": "Provisioning succeeded",
        "message": "Enable succeeded: \n[stdout]\n"
        "/var/lib/waagent/run-command/download/0/script.sh hello\n\n[stderr]\n",
    }
    status = await jump.get(begun.headers["azure-asyncoperation"])
    assert status.properties == {"output": {"value": [expected]}}
    assert (await jump.get(begun.headers["location"])).body == {"value": [expected]}


async def test_one_run_command_at_a_time(jump: Azure) -> None:
    """A second command while one runs conflicts."""
    body = {**RUN, "script": ["true"]}
    await jump.send("POST", f"{land.JUMP}/runCommand", body)
    second = await jump.send("POST", f"{land.JUMP}/runCommand", body)
    assert (second.status, second.code) == (409, "Conflict")


async def test_tags_change_without_an_operation_to_poll(jump: Azure) -> None:
    """A PUT that changes only tags answers 200 without headers; a PATCH runs as an operation."""
    body = {"location": "westeurope", "tags": {"a": "b"}, "properties": land.machine(NIC)}
    answer = await jump.put(land.JUMP, body)
    assert (answer.status, "azure-asyncoperation" in answer.headers) == (200, False)
    await jump.pass_time()
    patched = await jump.send("PATCH", land.JUMP, {"tags": {"c": "d"}})
    assert (patched.status, patched.body["tags"]) == (200, {"c": "d"})
    assert "azure-asyncoperation" in patched.headers


@pytest.mark.parametrize(
    "child", [pytest.param("extensions", id="extension"), pytest.param("runCommands", id="command")]
)
async def test_children_of_a_machine(jump: Azure, child: str) -> None:
    """Extensions and managed run commands are nested resources; a command keeps what it printed."""
    path = f"{land.JUMP}/{child}/one"
    made = await jump.put(path, {"location": "westeurope", "properties": {"source": {"script": "echo hi"}}})
    assert (made.status, made.properties["provisioningState"]) == (201, "Creating")
    await jump.pass_time()
    shown = await jump.get(path, **{"$expand": "instanceView"})
    assert shown.properties["provisioningState"] == "Succeeded"
    assert child == "extensions" or shown.properties["instanceView"]["output"] == "hi\n"
