"""Fault rules in a storm: on every N-th request, together, and cheap."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.simulator.faults import Faults
from local.simulator.harm import pauses
from local.simulator.store import Store
from tests.simulator.conftest import Azure, group

NEVER = "http://127.0.0.1:9/never"
PATH = "/resourceGroups/storm"
DOUBLE = {"what": "double", "seconds": 60.0}
DROP = {"what": "drop", "seconds": 60.0}
REORDER = {"what": "reorder", "seconds": 30.0}
DELAY = {"what": "delay", "seconds": 5.0}


@pytest.mark.parametrize(
    ("match", "acted"),
    [
        ({"every": 3}, [3, 6, 9]),
        ({"every": 3, "times": 2}, [3, 6]),
        ({"every": 4, "nth": 2}, [2, 6, 10]),
        ({"every": 4, "nth": 2, "times": 2}, [2, 6]),
        ({"every": 1, "nth": 9}, [9, 10]),
        ({"every": 5, "times": 0}, []),
    ],
)
@pytest.mark.parametrize(
    "what", [{"answer": {"status": 503}}, {"delay": 9}, {"fail_operation": {}}, {"events": "drop"}]
)
def test_a_rule_acts_on_every_nth(
    tmp_path: Path, match: dict[str, Any], acted: list[int], what: dict[str, Any]
) -> None:
    """The members every, nth and times compose, whatever the rule does."""
    store = Store(tmp_path / "s.sqlite")
    faults = Faults(store)
    faults.replace([{"match": match, **what}])
    found: list[int] = []
    for number in range(1, 11):
        faults.harm("PUT", "/a")
        if faults.rules()[0]["acted"] > len(found):
            found.append(number)
    assert found == acted
    store.close()


@pytest.mark.parametrize("match", [{"every": 0}, {"every": "2"}, {"nth": 0}, {"times": -1}, {"every": 1.5}])
def test_what_is_no_count_is_refused(tmp_path: Path, match: dict[str, Any]) -> None:
    """Counts are whole numbers."""
    store = Store(tmp_path / "s.sqlite")
    with pytest.raises(ValueError, match="whole number"):
        Faults(store).replace([{"match": match, "delay": 1}])
    store.close()


def test_counts_go_on_over_a_restart_and_into_the_requests_transaction(tmp_path: Path) -> None:
    """A match commits nothing by itself; what the request commits is there afterwards."""
    store, other = Store(tmp_path / "s.sqlite"), Store(tmp_path / "s.sqlite")
    faults = Faults(store)
    faults.replace([{"match": {"every": 3}, "answer": {"status": 503}}])
    before = other.setting("fault counts")
    assert [faults.harm("PUT", "/a").answer is None for _ in range(2)] == [True, True]
    assert other.setting("fault counts") == before
    store.commit()
    assert Faults(other).harm("PUT", "/a").answer == {"status": 503}
    store.close()
    other.close()


def test_reads_do_not_count_for_rules_of_events(tmp_path: Path) -> None:
    """Polls between two writes send no event, so they do not shift which event is lost."""
    store = Store(tmp_path / "s.sqlite")
    faults = Faults(store)
    faults.replace([{"match": {"every": 2}, "events": "drop"}])
    assert [bool(faults.harm(method, "/a").events) for method in ("PUT", "GET", "DELETE", "GET", "PUT")] == [
        False,
        False,
        True,
        False,
        False,
    ]
    store.close()


@given(order=st.permutations([DOUBLE, DROP, REORDER, DELAY]), event=st.text())
def test_a_dropped_event_is_dropped_whatever_else_happens_to_it(order: list[dict[str, Any]], event: str) -> None:
    """The order of the rules does not matter to a drop."""
    assert pauses(event, order) == []


@given(order=st.permutations([DOUBLE, REORDER, DELAY]), event=st.text())
def test_double_delay_and_reorder_compose(order: list[dict[str, Any]], event: str) -> None:
    """Two copies, each delayed and held back by chance of its own, the same in every run."""
    first, second = pauses(event, order)
    assert 5.0 <= first <= 35.0
    assert 6.0 <= second <= 36.0
    assert second - first != 1.0
    assert pauses(event, order) == [first, second]


async def test_a_storm_is_doubled_shuffled_and_thinned(azure: Azure) -> None:
    """Of 100 writes every 20th sends nothing; all others come twice, in another order, within the seconds given."""
    azure.simulator.outbox.subscribe([NEVER])
    azure.simulator.arm.faults.replace(
        [
            {"match": {"path": PATH}, "events": "double"},
            {"match": {"path": PATH}, "events": "reorder", "seconds": 600},
            {"match": {"path": PATH, "every": 20}, "events": "drop"},
        ]
    )
    for number in range(1, 101):
        await azure.put(group(f"storm{number}"), {"location": "westeurope"})
    now = azure.simulator.clock.now()
    due = azure.simulator.outbox.due(NEVER, now + 700, 1000)
    numbers = [int(delivery.event["subject"].rsplit("storm", 1)[1]) for delivery in due]
    assert sorted(numbers) == sorted([n for n in range(1, 101) if n % 20] * 2)
    overtaken = sum(later < earlier for earlier, later in pairwise(numbers))
    assert overtaken > 50
    assert len(azure.simulator.outbox.due(NEVER, now + 300, 1000)) < 150
    told = [line.get("faults") for line in await azure.lines("event")][1:]
    assert (told[0], told[19]) == (["double", "reorder"], ["double", "reorder", "drop"])
