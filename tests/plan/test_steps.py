"""Plans as data: ids, stored form, hash, references."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.errors import NotFound
from shared.plan.steps import Action, Change, Plan, Step, Wait, canonical, fill, lookup, references, step_id

TABLE = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Network/routeTables/rt"

texts = st.text(max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
steps = st.builds(
    Step,
    texts,
    texts,
    st.sampled_from(Action),
    texts,
    st.none() | st.dictionaries(texts, values, max_size=3),
    st.lists(texts, max_size=3).map(tuple),
    st.none() | texts,
    st.none() | texts,
    st.lists(st.builds(Change, texts, values, values), max_size=2).map(tuple),
    st.none() | texts,
    st.lists(texts, max_size=2).map(tuple),
)
plans = st.builds(
    Plan,
    texts,
    st.integers(0),
    st.lists(steps, max_size=3).map(tuple),
    st.lists(st.builds(Wait, texts, texts, texts)).map(tuple),
)


@given(plans)
def test_a_plan_survives_its_stored_form(plan: Plan) -> None:
    """What is stored, also as text, is read back as the same plan with the same hash."""
    stored = json.loads(json.dumps(plan.to_json()))
    assert Plan.from_json(stored) == plan
    assert Plan.from_json(stored).hash == stored["hash"] == plan.hash


def test_the_hash_knows_content_and_not_order_of_members() -> None:
    """Members in another order give the same hash; any other value gives another."""
    one = Plan("Hub/weu", 1, (Step("a", TABLE, Action.CREATE, "r", {"x": 1, "y": 2}),))
    same = Plan("Hub/weu", 1, (Step("a", TABLE, Action.CREATE, "r", {"y": 2, "x": 1}),))
    other = Plan("Hub/weu", 1, (Step("a", TABLE, Action.CREATE, "r", {"x": 1, "y": 3}),))
    assert one.hash == same.hash != other.hash


def test_the_hash_does_not_know_versions() -> None:
    """Another ETag of the same content is no other plan."""
    one = Plan("Spoke/a", 1, (Step("a", TABLE, Action.UPDATE, "r", {"x": 1}, etag="1", base="b"),))
    other = Plan("Spoke/a", 1, (Step("a", TABLE, Action.UPDATE, "r", {"x": 1}, etag="2"),))
    assert one.hash == other.hash


def test_canonical_bytes_are_compact_sorted_and_readable() -> None:
    """The one byte form has sorted members, no blanks and no escapes."""
    assert canonical({"b": [1, "ü"], "a": None}) == '{"a":null,"b":[1,"ü"]}'.encode()


def test_a_step_id_says_kind_and_name_and_knows_no_case() -> None:
    """A resource has one step id, however Azure spells it; another group's namesake has another."""
    assert step_id(TABLE).startswith("routetables.rt.")
    assert step_id(TABLE) == step_id(TABLE.upper())
    assert step_id(TABLE) != step_id(TABLE.replace("/rg/", "/rg2/"))


REF = {"$ref": {"resource": TABLE, "path": "properties.a.0.b"}}


def test_references_are_found_anywhere_and_filled_in() -> None:
    """Every reference is replaced by the value at its path."""
    body = {"x": [{"y": REF}, 1], "z": REF}
    assert [found.resource_id for found in references(body)] == [TABLE, TABLE]
    assert fill(body, {TABLE: {"properties": {"a": [{"b": 7}]}}}) == {"x": [{"y": 7}, 1], "z": 7}


@pytest.mark.parametrize(
    "bodies", [{}, {TABLE: {}}, {TABLE: {"properties": {"a": []}}}], ids=["no resource", "bare", "short"]
)
def test_a_reference_without_a_value_is_an_error_that_names_the_resource(bodies: dict[str, Any]) -> None:
    """A write never carries a hole."""
    with pytest.raises(NotFound, match=r"has no properties\.a\.0\.b yet") as caught:
        fill(REF, bodies)
    assert caught.value.resource_id == TABLE


@pytest.mark.parametrize(
    ("path", "value"),
    [("a.0.b", 1), ("a.1.b", None), ("a.x", None), ("a", [{"b": 1}]), ("q.r", None), ("a.0.b.c", None)],
)
def test_lookup(path: str, value: Any) -> None:
    """A path that ends early has no value."""
    assert lookup({"a": [{"b": 1}]}, path) == value
