"""Azure resource ids: read in any case, written in one, compared without case."""

from __future__ import annotations

import pytest

from shared.model.errors import Invalid
from shared.model.resource_id import ResourceId, key, same

GROUP = "/subscriptions/s/resourceGroups/g"
SUBNET = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/v/subnets/nodes"
ROLE = f"{SUBNET}/providers/Microsoft.Authorization/roleAssignments/r"


@pytest.mark.parametrize("text", [GROUP, SUBNET, ROLE], ids=["group", "child", "extension"])
def test_an_id_reads_back_as_it_was_written(text: str) -> None:
    """Parsing and writing gives the same id, for groups, children and extensions."""
    assert str(ResourceId.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    ["", "g", "/subscriptions/s/resourceGroups", f"{GROUP}/providers/Microsoft.Network/virtualNetworks", f"{GROUP}/v"],
)
def test_what_is_no_id_is_refused(text: str) -> None:
    """A text that is not an id is Invalid, and the message shows one."""
    with pytest.raises(Invalid, match="is not an Azure resource id such as"):
        ResourceId.parse(text)


def test_case_does_not_tell_ids_apart() -> None:
    """Azure varies the case of ids: two spellings are one resource."""
    other = SUBNET.replace("resourceGroups", "resourcegroups").upper() + "/"
    assert same(SUBNET, other)
    assert key(other) == ResourceId.parse(SUBNET).key


def test_the_parts_of_an_id() -> None:
    """An id knows its type, its name, its parent and its resource group."""
    subnet = ResourceId.parse(SUBNET)
    assert (subnet.type, subnet.name) == ("Microsoft.Network/virtualNetworks/subnets", "nodes")
    assert (subnet.parent.type, subnet.parent.name) == ("Microsoft.Network/virtualNetworks", "v")
    assert str(subnet.resource_group) == str(subnet.parent.parent) == GROUP
    assert ResourceId.parse(GROUP).type == "Microsoft.Resources/resourceGroups"
    assert ResourceId.parse(GROUP).name == "g"


def test_ids_are_built_from_a_group() -> None:
    """Resources, children and extensions are built step by step."""
    subnet = ResourceId.of_group("s", "g").resource("Microsoft.Network/virtualNetworks", "v").child("subnets", "nodes")
    assert str(subnet) == SUBNET
    assert str(subnet.extension("Microsoft.Authorization/roleAssignments", "r")) == ROLE
