"""What of a plan the orchestrator gets at once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orchestration.activities.steps import BATCH, batch_of, steps_of
from shared.plan.steps import Action, Plan, Step


def plan(*needs: tuple[int, ...]) -> Plan:
    """Return a plan of steps `s0`, `s1`, ... with what each depends on."""
    steps = tuple(
        Step(f"s{number}", f"/r/{number}", Action.CREATE, "why", {"a": 1}, tuple(f"s{need}" for need in sorted(found)))
        for number, found in enumerate(needs)
    )
    return Plan("Hub/weu", 3, steps)


def ids(batch: dict[str, object]) -> list[str]:
    """Return the ids of the steps in a batch."""
    steps = batch["steps"]
    assert isinstance(steps, list)
    return [step["id"] for step in steps]


def test_a_short_plan_comes_whole() -> None:
    """Where everything fits, the batch is the plan, and there is no more."""
    whole = plan((), (0,), (1,))
    assert batch_of(whole, {"inFlight": []}) == {"steps": steps_of(whole), "more": False}


def test_a_long_plan_comes_in_part() -> None:
    """At most so many steps, the first ones, and the word that there is more."""
    batch = batch_of(plan(*[()] * (BATCH + 1)), {"inFlight": []})
    assert (len(ids(batch)), batch["more"]) == (BATCH, True)


def test_steps_in_flight_take_no_place() -> None:
    """They are known already; what depends on them comes, for the orchestrator waits with it."""
    batch = batch_of(plan((), (0,), (1,), (2,)), {"inFlight": ["s0", "s1"]}, limit=1)
    assert (ids(batch), batch["more"]) == (["s2"], True)


def test_failed_steps_and_what_needs_them_are_left_out() -> None:
    """They would fill the batch in vain, and are not more either."""
    look = {"inFlight": [], "failed": ["s0"], "generation": 3}
    batch = batch_of(plan((), (0,), (1,), ()), look, limit=1)
    assert (ids(batch), batch["more"]) == (["s3"], False)


def test_failures_of_another_generation_do_not_count() -> None:
    """A changed document gives them another try."""
    look = {"inFlight": [], "failed": ["s0"], "generation": 2}
    assert ids(batch_of(plan((), (0,)), look)) == ["s0", "s1"]


graphs = st.integers(0, 12).flatmap(
    lambda size: st.tuples(
        *(
            st.frozensets(st.integers(0, number - 1), max_size=3) if number else st.just(frozenset())
            for number in range(size)
        )
    )
)
names = st.lists(st.integers(0, 11).map("s{}".format), max_size=4)


@given(graphs, names, names, st.integers(1, 5))
def test_every_batch_is_closed(
    needs: tuple[frozenset[int], ...], flying: list[str], failed: list[str], limit: int
) -> None:
    """Whatever a step in it depends on is in it or runs; and repeated batches come to the end of the plan."""
    whole = plan(*(tuple(found) for found in needs))
    known, done = {step.id: step for step in whole.steps}, set(flying)
    while True:
        look = {"inFlight": sorted(done), "failed": failed, "generation": 3}
        batch = batch_of(whole, look, limit)
        fresh = ids(batch)
        assert len(fresh) <= limit
        assert all(set(known[name].depends_on) <= done | set(fresh) for name in fresh)
        assert not set(fresh) & (done | set(failed))
        done |= set(fresh)
        if not batch["more"]:
            break
        assert fresh
    lost = set(failed)
    for step in whole.steps:
        if step.id not in flying and lost & set(step.depends_on):
            lost.add(step.id)
    assert known.keys() <= done | lost
