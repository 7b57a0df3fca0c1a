"""Conditions of role assignments: what their language says, and what is not understood is refused."""

from __future__ import annotations

from typing import Any

import pytest

from local.simulator.conditions import hold, read_condition

WRITE = "Microsoft.Authorization/roleAssignments/write"
DELETE = "Microsoft.Authorization/roleAssignments/delete"
OTHER = "Microsoft.Authorization/permissions/read"
ROLE, STRANGER = "4d97b98b-1d4f-4787-a291-c67834d212e7", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
ATTRIBUTE = "@Request[Microsoft.Authorization/roleAssignments:{}]"
ROLES = f"{ATTRIBUTE.format('RoleDefinitionId')} ForAnyOfAnyValues:GuidEquals {{{ROLE}}}"
KIND = f"{ATTRIBUTE.format('PrincipalType')} ForAnyOfAnyValues:StringEqualsIgnoreCase {{'ServicePrincipal'}}"
CONSTRAINED = f"((!(ActionMatches{{'{WRITE}'}})) OR ({ROLES} AND {KIND}))"


def asked(role: str, kind: str = "ServicePrincipal") -> dict[str, Any]:
    """Return the attributes of a request for an assignment."""
    definition = f"/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/{role.upper()}"
    return {"request": {"roleDefinitionId": definition, "principalType": kind}, "resource": {}}


@pytest.mark.parametrize(
    ("text", "action", "attributes", "expected"),
    [
        pytest.param("", WRITE, {}, True, id="none allows"),
        pytest.param(CONSTRAINED, WRITE, asked(ROLE), True, id="the role, to the right kind"),
        pytest.param(CONSTRAINED, WRITE, asked(ROLE, "serviceprincipal"), True, id="texts without case"),
        pytest.param(CONSTRAINED, WRITE, asked(STRANGER), False, id="another role"),
        pytest.param(CONSTRAINED, WRITE, asked(ROLE, "User"), False, id="another kind"),
        pytest.param(CONSTRAINED, WRITE, {}, False, id="nothing is known"),
        pytest.param(CONSTRAINED, DELETE, asked(STRANGER), True, id="another action"),
        pytest.param(CONSTRAINED, OTHER, {}, True, id="a read"),
        pytest.param(f"{ROLES} OR {KIND} AND {ROLES}", WRITE, asked(ROLE, "User"), True, id="OR is the weaker"),
        pytest.param(ROLES.replace("@Request", "@Resource"), DELETE, asked(ROLE), False, id="what is there, not asked"),
    ],
)
def test_what_a_condition_says(text: str, action: str, attributes: dict[str, Any], *, expected: bool) -> None:
    """Each expression holds where its words say so."""
    assert hold(text, action, attributes) is expected


@pytest.mark.parametrize(
    "text",
    [
        "(",
        "ActionMatches",
        f"{ROLES} NOR {ROLES}",
        f"{ROLES})",
        "@Request[Microsoft.Storage/x:y] StringEquals {'a'}",
        "true",
    ],
)
def test_what_is_not_understood_is_refused(text: str) -> None:
    """A condition that nobody can judge is no condition."""
    with pytest.raises(ValueError, match="not understood"):
        read_condition(text)
