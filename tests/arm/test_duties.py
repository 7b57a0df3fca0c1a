"""Which identity asks what: a stolen token of one can do only what is its duty."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from shared.arm.credentials import Duty
from shared.arm.door import Arm, ArmSettings, Credentials, Operation
from shared.arm.kinds import KINDS
from tests.arm.wire import (
    ASSIGNMENT,
    CLUSTER,
    GROUP,
    IDENTITY,
    MACHINE,
    SUBSCRIPTION,
    VNET,
    Answer,
    Credential,
    Wire,
    accepted,
    operation_url,
)

Call = Callable[[Arm], Awaitable[object]]

PAGE = {"value": []}
READS: dict[str, Call] = {
    "one": lambda arm: arm.get(CLUSTER),
    "a list": lambda arm: arm.list("Microsoft.Network/virtualNetworks", GROUP),
    "a list of assignments": lambda arm: arm.list("Microsoft.Authorization/roleAssignments", VNET),
    "a whole subscription": lambda arm: arm.list(
        "Microsoft.ContainerService/managedClusters", f"/subscriptions/{SUBSCRIPTION}"
    ),
    "subscriptions": lambda arm: arm.subscriptions(),
}


@pytest.fixture
async def door(wire: Wire) -> AsyncIterator[Arm]:
    """A door with an identity for each duty, whose token is the duty's name."""
    arm = Arm(ArmSettings(), Credentials(*(Credential(token=duty) for duty in Duty)), wire)
    yield arm
    await arm.close()


def askers(wire: Wire) -> list[str]:
    """Return whose tokens came with the requests."""
    return [request.headers["Authorization"].removeprefix("Bearer ") for request in wire.sent]


@pytest.mark.parametrize("read", READS.values(), ids=READS)
async def test_the_reader_reads(door: Arm, wire: Wire, read: Call) -> None:
    """Whatever only asks is asked by the identity that can change nothing."""
    wire.answers(Answer(200, PAGE))
    await read(door)
    assert askers(wire) == [Duty.READ]


async def test_a_query_is_the_readers(door: Arm, wire: Wire) -> None:
    """Resource Graph shows what the reader may see."""
    wire.answers(Answer(200, {"data": [], "totalRecords": 0, "count": 0, "resultTruncated": "false"}))
    await door.query("resources | order by id", [SUBSCRIPTION])
    assert askers(wire) == [Duty.READ]


async def test_permissions_are_asked_by_whom_they_are_for(door: Arm, wire: Wire) -> None:
    """What may be done to an adopted network is asked as the identity that would do it."""
    wire.answers(Answer(200, PAGE))
    await door.actions(VNET)
    assert askers(wire) == [Duty.NETWORK]


@pytest.mark.parametrize(
    ("resource", "duty", "gone"),
    [
        (GROUP, Duty.NETWORK, 202),
        (VNET, Duty.NETWORK, 202),
        (MACHINE, Duty.NETWORK, 202),
        (CLUSTER, Duty.CLUSTERS, 202),
        (IDENTITY, Duty.CLUSTERS, 204),
        (ASSIGNMENT, Duty.CLUSTERS, 204),
    ],
)
async def test_each_kind_is_written_by_its_duty(door: Arm, wire: Wire, resource: str, duty: Duty, gone: int) -> None:
    """A write, a deletion, and every look at how they go on are one identity's."""
    wire.answers(
        accepted(body={}), Answer(200, {"status": "InProgress"}), accepted(gone), Answer(200, {"status": "Succeeded"})
    )
    await door.begin_put(resource, {"location": "westeurope"})
    handle = Operation(resource, "InProgress", operation_url())
    await door.poll(handle)
    await door.begin_delete(resource)
    await door.poll(Operation.from_json(handle.to_json()))
    assert askers(wire) == [duty] * 4


async def test_a_write_without_operation_is_followed_by_the_reader(door: Arm, wire: Wire) -> None:
    """Where Azure names no operation, the resource itself is looked at: that is a read like any other."""
    wire.answers(Answer(200, {"properties": {"provisioningState": "Updating"}}))
    handle = await door.begin_put(VNET, {"location": "westeurope"})
    wire.answers(Answer(200, {"properties": {"provisioningState": "Succeeded"}}))
    await door.poll(handle)
    assert askers(wire) == [Duty.NETWORK, Duty.READ]


async def test_a_command_on_a_machine_is_the_networks(door: Arm, wire: Wire) -> None:
    """Commands run on machines of hubs."""
    wire.answers(accepted(202))
    await door.begin_run_command(MACHINE, ("true",))
    assert askers(wire) == [Duty.NETWORK]


def test_no_kind_is_written_by_the_reader() -> None:
    """The table gives the reader nothing to write."""
    assert {kind.client.duty for kind in KINDS.values()} == {Duty.NETWORK, Duty.CLUSTERS}
