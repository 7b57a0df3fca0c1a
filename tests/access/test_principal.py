"""The platform's header: who is read from it, and all that is refused, with nothing of it repeated."""

from __future__ import annotations

import base64
import json
from typing import Any

import azure.functions as func
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.access import principal
from orchestration.access.roles import Role
from shared.model.errors import Unauthenticated
from tests.access.people import ANN, BOB, OBJECT, ROLE, TENANT, TENANT_CLAIM, Json, claim, encoded, headers_of, person

TENANTS = frozenset({TENANT})
PRINCIPAL = principal.PRINCIPAL
GROUP = "C0000000-0000-4000-8000-00000000000C"


def read(headers: dict[str, str]) -> Any:
    """Read headers as a function gets them: by names in any case."""
    request = func.HttpRequest("GET", "/", headers=headers, params={}, route_params={}, body=b"")
    return principal.read(request.headers, TENANTS)


def test_a_person_is_read() -> None:
    """Their id, name, roles and groups, ids in lower case."""
    found = read(headers_of(person("Reader", "Approver", oid=ANN.upper(), groups=(GROUP,))))
    assert (found.id, found.name, found.verified) == (ANN, "Ann", True)
    assert (found.roles, found.groups) == ({Role.READER, Role.APPROVER}, {GROUP.lower()})
    assert not found.groups_left_out


def test_names_of_headers_have_any_case() -> None:
    """The worker may hand them on in lower case."""
    lower = {name.lower(): value for name, value in headers_of(person("Reader")).items()}
    assert read(lower).id == ANN


def test_nobody_is_no_error() -> None:
    """A request that nobody signed has no principal: what that means is the guard's."""
    assert read({}) is None
    assert read({"X-MS-CLIENT-PRINCIPAL-NAME": "boss"}) is None


@pytest.mark.parametrize("type_", ["roles", ROLE, "custom"])
def test_roles_stand_under_several_types(type_: str) -> None:
    """Under those of Entra ID, and under the one that the header itself names."""
    body = person() | {"role_typ": "custom"}
    body["claims"].append(claim(type_, "Admin"))
    assert read(headers_of(body)).roles == {Role.ADMIN}


@pytest.mark.parametrize("value", ["admin", "ADMIN", "Admin ", "Admin,Reader", "", "Owner", "Reader\nAdmin"])
def test_what_is_no_role_counts_for_nothing(value: str) -> None:
    """Roles are compared as they are: what merely resembles one is none."""
    assert read(headers_of(person(value))).roles == frozenset()


def test_a_group_or_a_name_is_no_role() -> None:
    """Only claims of roles give roles, whatever others say."""
    body = person(name="Admin", groups=("Admin",))
    body["claims"] += [claim("scp", "Admin"), claim("wids", "Admin")]
    assert read(headers_of(body)).roles == frozenset()


def test_groups_are_object_ids() -> None:
    """A name is no id: a group called `messages` is not the entry of that name in the limits."""
    assert read(headers_of(person(groups=("messages", "*", GROUP)))).groups == {GROUP.lower()}


@pytest.mark.parametrize("type_", ["hasgroups", "_claim_names"])
def test_groups_that_a_token_leaves_out_are_noticed(type_: str) -> None:
    """So that whoever is refused for it is told why."""
    body = person()
    body["claims"].append(claim(type_, "true"))
    assert read(headers_of(body)).groups_left_out


def test_names_are_for_people() -> None:
    """Cut, without what would forge lines of a log; where there is none the id stands for it."""
    found = read(headers_of(person(name="Eve\r\nadmin: yes\u2028x" + "y" * 500)))
    assert found.name.startswith("Eveadmin: yesxyyy")
    assert len(found.name) == principal.LONGEST_NAME
    body = person()
    body["claims"] = [each for each in body["claims"] if each["typ"] != "name"]
    assert read(headers_of(body)).name == ANN


def test_claims_of_other_shapes_are_passed_over() -> None:
    """A claim that is no text is none of ours: it neither counts nor shuts anybody out."""
    body = person("Reader")
    body["claims"] += [{"typ": "roles", "val": ["Admin"]}, {"typ": "iat", "val": 5}, {"typ": "x"}]
    assert read(headers_of(body)).roles == {Role.READER}


def without(type_: str) -> Json:
    """Return a person without a claim."""
    body = person("Admin")
    return body | {"claims": [each for each in body["claims"] if each["typ"] != type_]}


def adding(*claims: Any) -> Json:
    """Return a person with more claims."""
    body = person("Admin")
    return body | {"claims": [*body["claims"], *claims]}


GOOD = headers_of(person("Admin"))
HEADER = GOOD[PRINCIPAL]
BAD: dict[str, dict[str, str]] = {
    "an id alone": {f"{PRINCIPAL}-ID": ANN},
    "an id and a name": {f"{PRINCIPAL}-ID": ANN, f"{PRINCIPAL}-NAME": "Ann"},
    "no id header": {PRINCIPAL: HEADER},
    "empty": GOOD | {PRINCIPAL: ""},
    "no base64": GOOD | {PRINCIPAL: "{}"},
    "base64 for URLs": GOOD | {PRINCIPAL: base64.urlsafe_b64encode(b"\xff\xfe\xfd?>~").decode()},
    "cut": GOOD | {PRINCIPAL: HEADER[:-5]},
    "no ASCII": GOOD | {PRINCIPAL: "é" + HEADER},
    "spaces in it": GOOD | {PRINCIPAL: f"{HEADER[:40]} {HEADER[40:]}"},
    "two of them": GOOD | {PRINCIPAL: f"{HEADER},{HEADER}"},
    "another's before": GOOD | {PRINCIPAL: f"{headers_of(person(oid=BOB))[PRINCIPAL]},{HEADER}"},
    "two ids": GOOD | {f"{PRINCIPAL}-ID": f"{ANN},{ANN}"},
    "another's id": GOOD | {f"{PRINCIPAL}-ID": BOB},
    "a name for an id": GOOD | {f"{PRINCIPAL}-ID": "Ann"},
    "no JSON": GOOD | {PRINCIPAL: base64.b64encode(b"{").decode()},
    "no UTF-8": GOOD | {PRINCIPAL: base64.b64encode(b'"\xff"').decode()},
    "deep JSON": GOOD | {PRINCIPAL: base64.b64encode(b"[" * 40_000).decode()},
    "a list": GOOD | {PRINCIPAL: encoded([])},
    "a text": GOOD | {PRINCIPAL: encoded("Admin")},
    "null": GOOD | {PRINCIPAL: encoded(None)},
    "too long": GOOD | {PRINCIPAL: encoded(adding(claim("x", "y" * 60_000)))},
    "too many claims": GOOD | {PRINCIPAL: encoded(adding(*[claim("x", "")] * 1001))},
    "no claims": headers_of(person("Admin")) | {PRINCIPAL: encoded({"auth_typ": "aad"})},
    "claims in an object": GOOD | {PRINCIPAL: encoded(person() | {"claims": {"roles": "Admin"}})},
    "a claim that is a text": GOOD | {PRINCIPAL: encoded(adding("Admin"))},
    "a claim without a type": GOOD | {PRINCIPAL: encoded(adding({"val": "Admin"}))},
    "a claim whose type is a number": GOOD | {PRINCIPAL: encoded(adding({"typ": 1, "val": "Admin"}))},
    "of another provider": GOOD | {PRINCIPAL: encoded(person("Admin") | {"auth_typ": "github"})},
    "of no provider": GOOD | {PRINCIPAL: encoded({"claims": person("Admin")["claims"]})},
    "of Static Web Apps": GOOD | {PRINCIPAL: encoded({"userId": ANN, "userRoles": ["Admin"], "claims": []})},
    "another provider's header": GOOD | {f"{PRINCIPAL}-IDP": "facebook"},
    "no object id": GOOD | {PRINCIPAL: encoded(without(OBJECT))},
    "two object ids": GOOD | {PRINCIPAL: encoded(adding(claim("oid", BOB)))},
    "an object id that is none": headers_of(person("Admin", oid="ann")),
    "an object id with a line break": headers_of(person("Admin", oid=f"{ANN}\n")),
    "no tenant": GOOD | {PRINCIPAL: encoded(without(TENANT_CLAIM))},
    "another tenant": headers_of(person("Admin", tenant=BOB)),
    "two tenants": GOOD | {PRINCIPAL: encoded(adding(claim("tid", BOB)))},
}


@pytest.mark.parametrize("headers", BAD.values(), ids=BAD)
def test_what_is_not_right_is_nobody(headers: dict[str, str]) -> None:
    """Refused whole, with why, and with nothing of what was sent."""
    with pytest.raises(Unauthenticated) as caught:
        read(headers)
    assert caught.value.code == "PrincipalRefused"
    for secret in (ANN, BOB, "Ann", HEADER[:30]):
        assert secret not in caught.value.message


def test_two_of_the_same_object_id_are_one() -> None:
    """The long and the short claim may both be there, if they agree."""
    assert read(GOOD | {PRINCIPAL: encoded(adding(claim("oid", ANN.upper()), claim("tid", TENANT)))}).id == ANN


def test_without_tenants_the_platform_decides() -> None:
    """With keys nobody has to name tenants: only the name is taken from the header then."""
    assert principal.read(headers_of(person(tenant=BOB)), ()) is not None


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.sampled_from(["auth_typ", "claims", "typ", "val", "role_typ", "name_typ"]), inner)
        ),
        max_leaves=20,
    )
)
def test_no_json_makes_it_fail(body: Any) -> None:
    """Whatever stands in the header: somebody, or refused; it is nobody's crash."""
    header = base64.b64encode(json.dumps(body).encode("utf-8", "surrogatepass")).decode()
    with pytest.raises(Unauthenticated):
        read({PRINCIPAL: header, f"{PRINCIPAL}-ID": ANN})


@given(st.text(max_size=200))
def test_no_text_makes_it_fail(text: str) -> None:
    """Nor does what is no base64 at all."""
    with pytest.raises(Unauthenticated):
        read({PRINCIPAL: text, f"{PRINCIPAL}-ID": ANN})
