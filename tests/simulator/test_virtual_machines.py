"""Machines: their interface, disk, instance view, power, and run commands on the wire."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.simulator import landscape as land
from tests.simulator.conftest import Answer, Azure, group, network, space, vnet

NIC = network("networkInterfaces", "jump")
RUN = {"commandId": "RunShellScript"}


CUSTOM_DATA = "I2Nsb3VkLWNvbmZpZw=="
IDENTITY = {"type": "SystemAssigned"}


async def build_machine(azure: Azure, *, custom_data: str = "", **more: Any) -> Answer:
    """A network, an interface and a machine."""
    await azure.made(vnet("hub"), space("10.0.0.0/22", jump="10.0.1.0/26"))
    place = {"subnet": {"id": network("virtualNetworks/subnets", "hub", "jump")}}
    await azure.made(NIC, {"ipConfigurations": [{"name": "ip", "properties": place}]})
    properties = land.machine(NIC, custom_data=custom_data) | more.pop("properties", {})
    return await azure.made(land.JUMP, properties, **more)


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


async def test_secrets_stay_hidden_and_defaults_show(azure: Azure) -> None:
    """Passwords and custom data are never shown; the image has an exact version, the disk a name."""
    answer = await build_machine(azure, custom_data=CUSTOM_DATA)
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


@pytest.mark.parametrize(
    ("given", "status"),
    [
        pytest.param("", 200, id="left out"),
        pytest.param(CUSTOM_DATA, 200, id="the same"),
        pytest.param("b3RoZXI=", 409, id="other"),
    ],
)
async def test_custom_data_stays(azure: Azure, given: str, status: int) -> None:
    """Custom data is given when a machine is made, and cannot change."""
    await build_machine(azure, custom_data=CUSTOM_DATA)
    answer = await azure.put(land.JUMP, {"location": "westeurope", "properties": land.machine(NIC, custom_data=given)})
    assert answer.status == status
    assert status == 200 or (answer.code, answer.body["error"]["target"]) == ("PropertyChangeNotAllowed", "customData")


async def test_an_identity_shows_its_principal_and_stays(azure: Azure) -> None:
    """A system-assigned identity has a principal, also after a PUT that does not mention it."""
    made = await build_machine(azure, identity=IDENTITY)
    principal = made.body["identity"]["principalId"]
    assert principal
    again = await azure.made(land.JUMP, land.machine(NIC), tags={"a": "b"})
    assert again.body["identity"]["principalId"] == principal


@pytest.mark.parametrize(
    ("identity", "state"),
    [pytest.param(IDENTITY, "Succeeded", id="identity"), pytest.param(None, "Failed", id="none")],
)
async def test_signing_in_by_entra_id_needs_an_identity(
    azure: Azure, identity: dict[str, str] | None, state: str
) -> None:
    """The extension for it fails on a machine without an identity of its own."""
    more: dict[str, Any] = {"identity": identity} if identity else {}
    await build_machine(azure, **more)
    path = f"{land.JUMP}/extensions/AADSSHLoginForLinux"
    properties = {
        "publisher": "Microsoft.Azure.ActiveDirectory",
        "type": "AADSSHLoginForLinux",
        "typeHandlerVersion": "1.0",
    }
    begun = await azure.put(path, {"location": "westeurope", "properties": properties})
    await azure.pass_time()
    end = await azure.get(begun.headers["azure-asyncoperation"])
    assert (end.body["status"], (await azure.get(path)).properties["provisioningState"]) == (state, state)
    assert identity or end.code == "VMExtensionProvisioningError"


async def test_a_stopped_machine_takes_no_extension(jump: Azure) -> None:
    """Nobody is there who could install it."""
    await jump.send("POST", f"{land.JUMP}/deallocate")
    await jump.pass_time()
    answer = await jump.put(f"{land.JUMP}/extensions/one", {"location": "westeurope", "properties": {}})
    assert (answer.status, answer.code) == (409, "OperationNotAllowed")


@pytest.mark.parametrize(
    ("size", "status"),
    [
        pytest.param("Standard_B2s", 201, id="supported"),
        pytest.param("Standard_A1_v2", 400, id="old series"),
        pytest.param("Standard_D2", 400, id="first generation"),
        pytest.param("Standard_D2s_v5", 201, id="new series"),
    ],
)
async def test_encryption_at_host(jump: Azure, size: str, status: int) -> None:
    """The host encrypts where the size has such hosts."""
    await jump.removed(land.JUMP)
    properties = land.machine(NIC) | {
        "hardwareProfile": {"vmSize": size},
        "securityProfile": {"encryptionAtHost": True},
    }
    answer = await jump.put(land.JUMP, {"location": "westeurope", "properties": properties})
    assert answer.status == status
    assert status == 400 or answer.properties["securityProfile"] == {"encryptionAtHost": True}


@pytest.mark.parametrize(
    ("agent", "status"), [pytest.param(True, 200, id="agent"), pytest.param(False, 400, id="none")]
)
async def test_patching_by_the_platform_needs_the_agent(jump: Azure, agent: bool, status: int) -> None:  # noqa: FBT001
    """AutomaticByPlatform goes with provisionVMAgent only."""
    properties = land.machine(NIC)
    linux = {"provisionVMAgent": agent, "patchSettings": {"patchMode": "AutomaticByPlatform"}}
    properties["osProfile"]["linuxConfiguration"] = linux
    answer = await jump.put(land.JUMP, {"location": "westeurope", "properties": properties})
    assert answer.status == status


SET = f"{group('rg')}/providers/Microsoft.Compute/availabilitySets/dns"


async def put_set(azure: Azure, *, sku: str = "Aligned", **properties: Any) -> Answer:
    """Write an availability set."""
    body = {"location": "westeurope", "sku": {"name": sku}, "properties": properties}
    return await azure.put(SET, body)


async def test_an_availability_set_knows_its_machines(azure: Azure) -> None:
    """It is written at once, shows its machines in upper case as they show it, and goes after them."""
    made = await put_set(azure, platformFaultDomainCount=2)
    assert (made.status, made.properties["platformUpdateDomainCount"]) == (200, 5)
    shown = await build_machine(azure, properties={"availabilitySet": {"id": SET}})
    assert shown.properties["availabilitySet"]["id"].endswith("/RG/providers/Microsoft.Compute/availabilitySets/DNS")
    machines = (await azure.get(SET)).properties["virtualMachines"]
    assert [each["id"].lower() for each in machines] == [land.JUMP.lower()]
    refused = await azure.delete(SET)
    assert (refused.status, refused.code) == (409, "OperationNotAllowed")
    await azure.removed(land.JUMP)
    assert (await azure.delete(SET)).status == 200


@pytest.mark.parametrize(
    ("sku", "more", "status", "code"),
    [
        pytest.param("Classic", {}, 409, "OperationNotAllowed", id="a set for unmanaged disks"),
        pytest.param("Aligned", {"zones": ["1"]}, 400, "InvalidParameter", id="with a zone"),
        pytest.param("", {}, 404, "NotFound", id="no such set"),
    ],
)
async def test_machines_that_a_set_does_not_take(
    jump: Azure, sku: str, more: dict[str, Any], status: int, code: str
) -> None:
    """A set takes machines of its region, with managed disks, outside of zones."""
    await jump.removed(land.JUMP)
    if sku:
        await put_set(jump, sku=sku)
    properties = land.machine(NIC) | {"availabilitySet": {"id": SET}}
    answer = await jump.put(land.JUMP, {"location": "westeurope", "properties": properties, **more})
    assert (answer.status, answer.code) == (status, code)


async def test_a_machine_stays_outside_of_a_set(jump: Azure) -> None:
    """A machine that was made without a set cannot join one; counts of a set are limited, and stay."""
    await put_set(jump)
    properties = land.machine(NIC) | {"availabilitySet": {"id": SET}}
    answer = await jump.put(land.JUMP, {"location": "westeurope", "properties": properties})
    assert (answer.status, answer.body["error"]["target"]) == (409, "availabilitySet.id")
    assert (await put_set(jump, platformFaultDomainCount=4)).code == "InvalidParameter"
    assert (await put_set(jump, platformUpdateDomainCount=7)).code == "PropertyChangeNotAllowed"


async def test_a_machine_may_be_a_dns_server(azure: Azure) -> None:
    """A run command works on a forwarder as elsewhere; a configuration that it writes stays."""
    first = "#cloud-config\nwrite_files:\n- path: /etc/unbound/hub.conf\n  content: 'server:'\n"
    await build_machine(azure, custom_data=base64.b64encode(first.encode()).decode())
    assert "connection refused" in await land.run_on_jump_server(azure, "nslookup mcr.microsoft.com 10.0.1.4")
    text = "server:\n interface: 10.0.1.4\n access-control: 10.0.0.0/8 allow\n"
    encoded = base64.b64encode(text.encode()).decode()
    await land.run_on_jump_server(azure, f"echo {encoded} | base64 -d > /etc/unbound/hub.conf")
    assert "Name:\tmcr.microsoft.com" in await land.run_on_jump_server(azure, "nslookup mcr.microsoft.com 10.0.1.4")
