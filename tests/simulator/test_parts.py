"""The small parts by themselves: ids, durations, the clock, fault rules, buckets."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.simulator.clock import Clock
from local.simulator.durations import Durations, Quantiles
from local.simulator.faults import Faults
from local.simulator.resource import ResourceId, group_id, resource_id
from local.simulator.store import Store

NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True)


@given(group=NAMES, names=st.lists(NAMES, min_size=1, max_size=3))
def test_ids_survive_writing_and_reading(group: str, names: list[str]) -> None:
    """An id that is written and read again is the same, with its case."""
    types = "/".join(["Microsoft.Network", "virtualNetworks", "subnets", "things"][: len(names) + 1])
    made = resource_id("0", group, types, *names)
    assert ResourceId.parse(str(made)) == made
    assert (made.group, made.name, made.type) == (group, names[-1], types)


@pytest.mark.parametrize(
    "text", ["", "/", "/subscriptions/0", "/subscriptions/0/resourceGroups/r/providers/N/t", "x/y"]
)
def test_what_is_no_id_is_none(text: str) -> None:
    """Collections, subscriptions and noise are no resource ids."""
    assert ResourceId.parse(text) is None


def test_an_extension_resource_has_its_scope() -> None:
    """A role assignment on a subnet: the scope is the subnet, the type its own."""
    subnet = resource_id("0", "r", "Microsoft.Network/virtualNetworks/subnets", "v", "s")
    found = ResourceId.of(f"{subnet}/providers/Microsoft.Authorization/roleAssignments/a")
    assert (found.scope, found.type) == (str(subnet), "Microsoft.Authorization/roleAssignments")
    assert found.group_id == group_id("0", "r")


@given(seed=st.integers())
def test_durations_stay_within_their_row(seed: int) -> None:
    """A draw lies between minimum and maximum of the row, and the same seed draws the same."""
    first, second = (Durations().draw("managedClusters", "PUT", Random(seed)) for _ in range(2))  # noqa: S311 - reproducible on purpose
    assert first == second
    assert 31 <= first <= 2112


def test_durations_rarely_pass_the_90th_percentile() -> None:
    """The median of draws is the row's, and few exceed its 90th percentile."""
    row = Quantiles(30, 271, 483, 2112)
    draws = sorted(row.at(share / 1000) for share in range(1000))
    assert draws[500] == 271
    assert sum(draw > 483 for draw in draws) == 30 - 1


def test_the_clock_goes_on_over_a_restart(tmp_path: Path) -> None:
    """Simulated time runs with the speed, also while nobody looks, and a new speed does not turn it back."""
    real = [1000.0]
    store = Store(tmp_path / "s.sqlite")
    clock = Clock(store, 60, lambda: real[0])
    start = clock.now()
    real[0] += 10
    assert clock.now() - start == 600
    again = Clock(store, 1, lambda: real[0])
    assert again.now() - start == 600
    real[0] += 1
    assert again.now() - start == 601
    store.close()


@pytest.mark.parametrize(
    ("match", "acted"),
    [
        ({}, [True, True, True]),
        ({"times": 1}, [True, False, False]),
        ({"nth": 2}, [False, True, False]),
        ({"nth": 2, "times": 2}, [False, True, True]),
        ({"method": "GET"}, [False, False, False]),
        ({"path": "/other/"}, [False, False, False]),
    ],
)
def test_fault_rules_count(tmp_path: Path, match: dict[str, Any], acted: list[bool]) -> None:
    """The members nth and times say which of the matching requests a rule acts on."""
    store = Store(tmp_path / "s.sqlite")
    faults = Faults(store)
    faults.replace([{"match": match, "answer": {"status": 500}}])
    assert [faults.harm("PUT", "/a/b").answer is not None for _ in range(3)] == acted
    store.close()


@pytest.mark.parametrize(
    "rules", ["x", [1], [{"match": {}}], [{"events": "lose"}], [{"match": {"path": "("}, "delay": 1}]]
)
def test_what_is_no_rule_is_refused(tmp_path: Path, rules: Any) -> None:
    """Nonsense through the door is refused before it does harm."""
    store = Store(tmp_path / "s.sqlite")
    with pytest.raises(ValueError, match=r"\w"):
        Faults(store).replace(rules)
    store.close()
