"""What an identity may do: Azure's wildcards, and what one role leaves out another may grant."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.plan.observed import Observed
from shared.plan.permissions import granted, lacking

VNET = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/hub"
WRITE = "Microsoft.Network/virtualNetworks/write"
PEER = "Microsoft.Network/virtualNetworks/peer/action"
ASSIGN = "Microsoft.Authorization/roleAssignments/write"


def allows(*actions: str, but: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return a permission as Azure gives it."""
    return {"actions": list(actions), "notActions": list(but), "dataActions": [], "notDataActions": []}


CONTRIBUTOR = allows(
    "*",
    but=(
        "Microsoft.Authorization/*/Delete",
        "Microsoft.Authorization/*/Write",
        "Microsoft.Authorization/elevateAccess/Action",
    ),
)


@pytest.mark.parametrize(
    ("pattern", "action", "fits"),
    [
        pytest.param(WRITE, WRITE, True, id="itself"),
        pytest.param("microsoft.network/VIRTUALNETWORKS/Write", WRITE, True, id="any case"),
        pytest.param("*", WRITE, True, id="all"),
        pytest.param("*/write", WRITE, True, id="star before"),
        pytest.param("*/read", WRITE, False, id="another verb"),
        pytest.param("Microsoft.Network/*", WRITE, True, id="star behind"),
        pytest.param("Microsoft.Network/*", PEER, True, id="slashes are text"),
        pytest.param("Microsoft.Network/*/write", WRITE, True, id="star inside"),
        pytest.param("Microsoft.*/virtualNetworks/*", PEER, True, id="two stars"),
        pytest.param("Microsoft.Network/virtualNetworks/*/write", WRITE, False, id="nothing left between two slashes"),
        pytest.param("Microsoft.Network/virtualNetworks*", WRITE, True, id="star within a word"),
        pytest.param("Microsoft.Network/virtualNetworks", WRITE, False, id="no beginning is enough"),
        pytest.param("virtualNetworks/write", WRITE, False, id="no end is enough"),
        pytest.param("MicrosoftxNetwork/virtualNetworks/write", WRITE, False, id="one letter off"),
        pytest.param("Microsoft.Network/virtualNetwork?/write", WRITE, False, id="other signs are themselves"),
        pytest.param("Microsoft.Network/[v]irtualNetworks/write", WRITE, False, id="brackets too"),
        pytest.param("Microsoft.Network/.*", "Microsoft.Network/virtualNetworks/write", False, id="dots too"),
        pytest.param("", WRITE, False, id="empty"),
    ],
)
def test_pattern(pattern: str, action: str, *, fits: bool) -> None:
    """A star stands for any text; everything else for itself, in any case. So in what is left out."""
    assert lacking([action], [allows(pattern)]) == (() if fits else (action,))
    assert lacking([action], [allows("*", but=(pattern,))]) == ((action,) if fits else ())


@pytest.mark.parametrize(
    ("permissions", "missing"),
    [
        pytest.param([], (WRITE, PEER, ASSIGN), id="nothing granted"),
        pytest.param([allows()], (WRITE, PEER, ASSIGN), id="a role without actions"),
        pytest.param([{}], (WRITE, PEER, ASSIGN), id="a role without members"),
        pytest.param([{"actions": ["*"], "notActions": None}], (), id="a null"),
        pytest.param([allows("*")], (), id="owner"),
        pytest.param([CONTRIBUTOR], (ASSIGN,), id="contributor"),
        pytest.param([allows("*/read")], (WRITE, PEER, ASSIGN), id="reader"),
        pytest.param(
            [CONTRIBUTOR, allows("Microsoft.Authorization/*")], (), id="another role grants what one leaves out"
        ),
        pytest.param([allows(ASSIGN), CONTRIBUTOR], (), id="in any order"),
        pytest.param([CONTRIBUTOR, CONTRIBUTOR], (ASSIGN,), id="twice the same"),
        pytest.param(
            [allows(WRITE), allows(PEER, but=("*",)), allows(ASSIGN)], (PEER,), id="left out by the same role"
        ),
        pytest.param([allows(but=("*",)), allows("*")], (), id="leaving out is no denial"),
        pytest.param([{"dataActions": ["*"]}], (WRITE, PEER, ASSIGN), id="data actions are others"),
        pytest.param([{"actions": ["*"], "notDataActions": ["*"]}], (), id="and so is what is left out of them"),
    ],
)
def test_roles(permissions: list[dict[str, Any]], missing: tuple[str, ...]) -> None:
    """What is lacking is what no role grants, in the order in which it was wanted."""
    assert lacking((WRITE, PEER, ASSIGN), permissions) == missing


def test_a_wanted_wildcard_is_refused() -> None:
    """Whether all of many actions are granted cannot be said of a pattern: it is a mistake of the caller."""
    with pytest.raises(ValueError, match=r"Microsoft\.Network/\*"):
        lacking(["Microsoft.Network/*"], [allows("*")])


def test_permissions_of_one_resource() -> None:
    """What was read for a plan is found again for its resource, in any case, and for no other."""
    items = [
        {"id": f"{VNET}/providers/Microsoft.Authorization/permissions/0", "properties": CONTRIBUTOR},
        {"id": f"{VNET}/providers/Microsoft.Authorization/permissions/1", "properties": allows(ASSIGN)},
        {"id": f"{VNET}2/providers/Microsoft.Authorization/permissions/0", "properties": allows("*")},
        {"id": VNET, "properties": {"subnets": []}},
    ]
    assert granted(Observed(items), VNET.upper() + "/") == (CONTRIBUTOR, allows(ASSIGN))
    assert granted(Observed(items), f"{VNET}/subnets/nodes") == ()


WORDS = st.text(alphabet="aAbB/.", max_size=6)
PATTERNS = st.text(alphabet="aAbB/.*", max_size=6)
PERMISSIONS = st.lists(
    st.builds(lambda yes, no: {"actions": yes, "notActions": no}, st.lists(PATTERNS, max_size=3), st.lists(PATTERNS)),
    max_size=4,
)


@given(st.lists(WORDS), PERMISSIONS)
def test_as_the_shell_matches(wanted: list[str], permissions: list[dict[str, Any]]) -> None:
    """On text without other signs, a pattern is what a shell takes it for."""

    def fits(patterns: list[str], action: str) -> bool:
        return any(fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)

    expected = [
        action
        for action in wanted
        if not any(fits(each["actions"], action) and not fits(each["notActions"], action) for each in permissions)
    ]
    assert lacking(wanted, permissions) == tuple(expected)


@given(st.lists(WORDS), PERMISSIONS, PERMISSIONS)
def test_a_further_role_takes_nothing_away(
    wanted: list[str], permissions: list[dict[str, Any]], more: list[dict[str, Any]]
) -> None:
    """With more roles, in whatever order, no more is lacking than with fewer."""
    both = lacking(wanted, permissions + more)
    assert set(both) <= set(lacking(wanted, permissions))
    assert both == lacking(wanted, more[::-1] + permissions[::-1])


@given(st.text(st.characters(max_codepoint=127, exclude_characters="*"), max_size=10), st.data())
def test_stars_for_parts(action: str, data: st.DataObject) -> None:
    """A pattern made from an action by putting a star for a part of it fits the action."""
    start = data.draw(st.integers(0, len(action)))
    end = data.draw(st.integers(start, len(action)))
    assert lacking([action], [allows(f"{action[:start]}*{action[end:]}")]) == ()
