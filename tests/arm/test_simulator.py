"""The door against the local stack's Azure: the real credential, clients, TLS and operations, end to end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from local.simulator.server import SUBSCRIPTION, Simulator
from shared.arm.credentials import open_credential
from shared.arm.door import Arm, ArmSettings, Credentials, Operation
from shared.arm.kinds import KINDS
from shared.model.errors import Changed, Denied, Failed, Locked, NotFound
from shared.plan import permissions
from shared.plan.observed import Observed

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg"
NETWORK = f"{GROUP}/providers/Microsoft.Network"
VNET = f"{NETWORK}/virtualNetworks/hub"
SPOKE = f"{NETWORK}/virtualNetworks/spoke"
ZONE = f"{NETWORK}/privateDnsZones/privatelink.westeurope.azmk8s.io"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/aks"
CONTRIBUTOR = "4d97b98b-1d4f-4787-a291-c67834d212e7"

MACHINE = {
    "hardwareProfile": {"vmSize": "Standard_B2s"},
    "osProfile": {
        "computerName": "jump",
        "adminUsername": "azureuser",
        "linuxConfiguration": {
            "disablePasswordAuthentication": True,
            "ssh": {"publicKeys": [{"path": "/home/azureuser/.ssh/authorized_keys", "keyData": "ssh-ed25519 AAAA"}]},
        },
    },
    "storageProfile": {
        "imageReference": {
            "publisher": "Canonical",
            "offer": "ubuntu-24_04-lts",
            "sku": "server",
            "version": "latest",
        },
        "osDisk": {"createOption": "FromImage"},
    },
}


def network(block: str) -> dict[str, Any]:
    """Return a VNet's body with one subnet."""
    subnets = [{"name": "nodes", "properties": {"addressPrefix": f"{block}/24"}}]
    space = {"addressPrefixes": [f"{block}/22"]}
    return {"location": "westeurope", "properties": {"addressSpace": space, "subnets": subnets}}


@pytest.fixture
async def azure(tmp_path: Path) -> AsyncIterator[Simulator]:
    """An Azure whose clock stands still unless `finished` moves it."""
    simulator = Simulator(tmp_path / "state", speed=0)
    await simulator.start()
    yield simulator
    await simulator.stop()


@pytest.fixture
async def arm(azure: Simulator, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Arm]:
    """A door opened as the app opens it: by settings, and the platform's identity endpoint."""
    monkeypatch.setenv("IDENTITY_ENDPOINT", azure.endpoints["identity"])
    monkeypatch.setenv("IDENTITY_HEADER", azure.endpoints["identityHeader"])
    credential = open_credential()
    arm = Arm(ArmSettings(azure.base, azure.endpoints["caBundle"]), Credentials(*[credential] * 3))
    await arm.begin_put(GROUP, {"location": "westeurope"})
    yield arm
    await arm.close()
    await credential.close()


async def finished(azure: Simulator, arm: Arm, operation: Operation) -> Operation:
    """Let an hour pass and look, as often as it takes; the handle goes through JSON each time."""
    for _ in range(5):
        if operation.state == "Succeeded":
            return operation
        azure.clock.run(0, at=azure.clock.now() + 3600)
        azure.arm.catch_up()
        operation = await arm.poll(Operation.from_json(operation.to_json()))
    raise AssertionError(operation)


async def made(azure: Simulator, arm: Arm, resource: str, body: dict[str, Any]) -> Any:
    """Put a resource, wait, and get it."""
    await finished(azure, arm, await arm.begin_put(resource, body))
    return await arm.get(resource)


async def test_life_of_a_network(azure: Simulator, arm: Arm) -> None:
    """A VNet is begun, in progress, there, listed with its subnets, and deleted."""
    assert await arm.get(VNET) is None
    operation = await arm.begin_put(VNET, network("10.0.0.0"))
    assert (operation.state, operation.result["properties"]["provisioningState"]) == ("InProgress", "Updating")
    assert (await arm.poll(operation)).state == "InProgress"
    await finished(azure, arm, operation)
    (listed,) = await arm.list("Microsoft.Network/virtualNetworks", GROUP)
    assert listed["properties"]["provisioningState"] == "Succeeded"
    assert [item["name"] for item in await arm.list("Microsoft.Network/virtualNetworks/subnets", VNET)] == ["nodes"]
    await finished(azure, arm, await arm.begin_delete(VNET))
    assert await arm.get(VNET) is None
    assert (await arm.begin_delete(VNET)).state == "Succeeded"
    assert await arm.list("Microsoft.Network/virtualNetworks/subnets", VNET) == ()


async def test_second_writer_is_locked_out(azure: Simulator, arm: Arm) -> None:
    """While a VNet is written, a write to its subnet is Locked, with the seconds that Azure named."""
    await made(azure, arm, VNET, network("10.0.0.0"))
    running = await arm.begin_put(VNET, network("10.0.0.0") | {"tags": {"a": "b"}})
    assert running.state == "InProgress"
    with pytest.raises(Locked) as raised:
        await arm.begin_put(f"{VNET}/subnets/jump", {"properties": {"addressPrefix": "10.0.1.0/24"}})
    assert raised.value.retry_after is not None
    assert raised.value.retry_after > 0


async def test_version_that_moved(azure: Simulator, arm: Arm) -> None:
    """A subnet is written only as the version that was read."""
    await made(azure, arm, VNET, network("10.0.0.0"))
    subnet = await arm.get(f"{VNET}/subnets/nodes")
    assert subnet is not None
    body = {"properties": {"addressPrefix": "10.0.0.0/25"}}
    await finished(azure, arm, await arm.begin_put(subnet["id"], body, etag=subnet["etag"]))
    with pytest.raises(Changed):
        await arm.begin_put(subnet["id"], body, etag=subnet["etag"])


async def test_peering(azure: Simulator, arm: Arm) -> None:
    """Both sides of a peering make it connected."""
    await made(azure, arm, VNET, network("10.0.0.0"))
    await made(azure, arm, SPOKE, network("10.64.0.0"))
    for here, there in ((VNET, SPOKE), (SPOKE, VNET)):
        body = {"properties": {"remoteVirtualNetwork": {"id": there}, "allowVirtualNetworkAccess": True}}
        await made(azure, arm, f"{here}/virtualNetworkPeerings/other", body)
    (peering,) = await arm.list("Microsoft.Network/virtualNetworks/virtualNetworkPeerings", VNET)
    assert peering["properties"]["peeringState"] == "Connected"


async def test_zone_and_link(azure: Simulator, arm: Arm) -> None:
    """A private DNS zone and its link are begun with 202, and end; the zone's A records are listed."""
    await made(azure, arm, VNET, network("10.0.0.0"))
    assert (await arm.begin_put(ZONE, {"location": "global"})).state == "InProgress"
    await made(azure, arm, ZONE, {"location": "global"})
    link = {"location": "global", "properties": {"virtualNetwork": {"id": VNET}, "registrationEnabled": False}}
    assert (await made(azure, arm, f"{ZONE}/virtualNetworkLinks/hub", link))["name"] == "hub"
    assert len(await arm.list("Microsoft.Network/privateDnsZones/virtualNetworkLinks", ZONE)) == 1
    assert await arm.list("Microsoft.Network/privateDnsZones/A", ZONE) == ()


async def test_identity_and_role(azure: Simulator, arm: Arm) -> None:
    """Identity and role assignment are there at once; assigning again, by any name, is a success."""
    await made(azure, arm, VNET, network("10.0.0.0"))
    identity = await arm.begin_put(IDENTITY, {"location": "westeurope"})
    assert identity.state == "Succeeded"
    role = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{CONTRIBUTOR}"
    principal = identity.result["properties"]["principalId"]
    body = {"properties": {"principalId": principal, "principalType": "ServicePrincipal", "roleDefinitionId": role}}
    names = [f"{digit * 8}-1111-1111-1111-111111111111" for digit in "12"]
    assignments = [f"{VNET}/providers/Microsoft.Authorization/roleAssignments/{name}" for name in names]
    assert [(await arm.begin_put(item, body)).state for item in assignments] == ["Succeeded", "Succeeded"]
    (listed,) = await arm.list("Microsoft.Authorization/roleAssignments", VNET)
    assert listed["name"] == names[0]
    assert await arm.list("Microsoft.Authorization/roleAssignments", GROUP) == ()
    assert (await arm.begin_delete(assignments[0])).state == "Succeeded"
    assert await arm.get(assignments[0]) is None


async def test_operation_that_fails(azure: Simulator, arm: Arm) -> None:
    """A failed operation is raised by the poll with Azure's code and message."""
    rule = {"match": {"method": "PUT", "path": "hub"}, "fail_operation": {"code": "Unlucky", "message": "no capacity"}}
    azure.arm.faults.replace([rule])
    operation = await arm.begin_put(VNET, network("10.0.0.0"))
    with pytest.raises(Failed, match="no capacity") as raised:
        await finished(azure, arm, operation)
    assert (raised.value.code, raised.value.resource_id) == ("Unlucky", VNET)


async def test_run_command(azure: Simulator, arm: Arm) -> None:
    """A command runs on a machine in the network, and its printed text comes back with the finished operation."""
    await made(azure, arm, VNET, network("10.0.0.0"))
    subnet = {"name": "a", "properties": {"subnet": {"id": f"{VNET}/subnets/nodes"}}}
    card = f"{NETWORK}/networkInterfaces/jump"
    await made(azure, arm, card, {"location": "westeurope", "properties": {"ipConfigurations": [subnet]}})
    machine = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/jump"
    await made(
        azure,
        arm,
        machine,
        {"location": "westeurope", "properties": MACHINE | {"networkProfile": {"networkInterfaces": [{"id": card}]}}},
    )
    operation = await arm.begin_run_command(machine, ("nslookup no-such-name.example.invalid",))
    assert operation.state == "InProgress"
    printed = (await finished(azure, arm, operation)).result
    assert "[stdout]" in printed
    assert "no-such-name.example.invalid" in printed


async def test_group_goes_with_its_content(azure: Simulator, arm: Arm) -> None:
    """Everything in a group is listed whatever its kind; deleting the group deletes it."""
    await made(azure, arm, VNET, network("10.0.0.0"))
    await arm.begin_put(IDENTITY, {"location": "westeurope"})
    kinds = {item["type"].lower() for item in await arm.list("Microsoft.Resources/resources", GROUP)}
    assert kinds == {"microsoft.network/virtualnetworks", "microsoft.managedidentity/userassignedidentities"}
    await finished(azure, arm, await arm.begin_delete(GROUP))
    assert await arm.get(GROUP) is None
    assert await arm.list("Microsoft.Resources/resources", GROUP) == ()
    with pytest.raises(NotFound):
        await arm.begin_put(VNET, network("10.0.0.0"))


async def test_many_at_a_time(azure: Simulator, arm: Arm) -> None:
    """Many calls run at a time on one loop, and Azure sees exactly one request of each."""
    names = [f"{NETWORK}/routeTables/t{number}" for number in range(30)]
    begun = await asyncio.gather(*(arm.begin_put(name, {"location": "westeurope"}) for name in names))
    assert [operation.resource_id for operation in begun] == names
    requests = [entry for entry in map(json.loads, azure.journal.lines()) if entry.get("method") == "PUT"]
    assert sorted(entry["path"] for entry in requests if "routeTables" in entry["path"]) == sorted(names)


async def test_whole_subscription(azure: Simulator, arm: Arm) -> None:
    """What lies in several groups is listed over the subscription, also over several pages."""
    azure.arm._page_size = 2
    groups = [GROUP, f"{GROUP}2", f"{GROUP}3"]
    networks = [f"{group}/providers/Microsoft.Network/virtualNetworks/v" for group in groups]
    for number, (group, vnet) in enumerate(zip(groups, networks, strict=True)):
        await arm.begin_put(group, {"location": "westeurope"})
        await arm.begin_put(vnet, network(f"10.{number}.0.0"))
    here = f"/subscriptions/{SUBSCRIPTION}"
    listed = await arm.list("Microsoft.Network/virtualNetworks", here)
    assert sorted(item["id"] for item in listed) == networks
    assert sorted(item["id"] for item in await arm.list("Microsoft.Resources/resourceGroups", here)) == groups


@pytest.mark.parametrize(
    "type_", [type_ for type_, kind in KINDS.items() if kind.everywhere and not type_.endswith("resourcegroups")]
)
async def test_empty_subscription(arm: Arm, type_: str) -> None:
    """Every kind can be listed over a subscription; where there is none of it, none comes."""
    assert await arm.list(type_, f"/subscriptions/{SUBSCRIPTION}") == ()


async def test_query(azure: Simulator, arm: Arm) -> None:
    """Resource Graph finds what has our tag, in all groups, and only in the subscriptions that were named."""
    for number, tags in enumerate(({"wanted": "yes"}, {"wanted": "no"}, {"wanted": "yes"}, {})):
        await made(azure, arm, f"{VNET}{number}", network(f"10.{number}.0.0") | {"tags": tags})
    query = "resources | where tags['wanted'] =~ 'yes' | project id, tags | order by id asc"
    expected = tuple({"id": f"{VNET}{number}", "tags": {"wanted": "yes"}} for number in (0, 2))
    assert await arm.query(query, [SUBSCRIPTION]) == expected
    with pytest.raises(Denied, match="at least one subscription"):
        await arm.query(query, ["00000000-0000-0000-0000-00000000dead"])
    with pytest.raises(Failed, match="BadRequest"):
        await arm.query("resources | where", [SUBSCRIPTION])


async def test_permissions(azure: Simulator, arm: Arm) -> None:
    """What we may not do on a network is lacking in what is read for a plan, and there only."""
    write, peer = "Microsoft.Network/virtualNetworks/write", "Microsoft.Network/virtualNetworks/peer/action"
    assert await arm.list(permissions.TYPE, VNET) == ()
    await made(azure, arm, VNET, network("10.0.0.0"))
    await made(azure, arm, SPOKE, network("10.1.0.0"))
    azure.arm.deny([{"scope": VNET, "actions": ["Microsoft.Network/virtualNetworks/peer/*"]}])
    seen = Observed([item for scope in (VNET, SPOKE) for item in await arm.list(permissions.TYPE, scope)])
    assert permissions.lacking([write, peer], permissions.granted(seen, VNET)) == (peer,)
    assert permissions.lacking([write, peer], permissions.granted(seen, SPOKE)) == ()
    azure.arm.deny([{"scope": f"/subscriptions/{SUBSCRIPTION}", "actions": ["*/read"]}])
    with pytest.raises(Denied):
        await arm.list("Microsoft.Network/virtualNetworks", f"/subscriptions/{SUBSCRIPTION}")


async def test_subscriptions(arm: Arm) -> None:
    """Our identity sees its subscription."""
    assert await arm.subscriptions() == (SUBSCRIPTION,)


async def test_other_subscription(arm: Arm) -> None:
    """A subscription that Azure does not know is not taken for an empty one."""
    with pytest.raises(Denied, match="SubscriptionNotFound"):
        await arm.list("Microsoft.Network/virtualNetworks", "/subscriptions/00000000-0000-0000-0000-00000000dead")
