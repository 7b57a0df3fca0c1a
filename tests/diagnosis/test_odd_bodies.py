"""Whatever Azure answers and a machine printed: a diagnosis is made, and never none where something is wrong."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

from hypothesis import given, reject, settings
from hypothesis import strategies as st

from shared.plan import diagnosis, probe
from shared.plan.diagnosis import Asked, Case
from shared.plan.observed import Observed
from shared.plan.probe import Connection, Probe, Resolution
from tests.diagnosis import mirror
from tests.simulator.topology.world import ALLOW_AKS, API, NAME, Landscape

ODD: list[Any] = [None, "", "x", "10.0.0.0/99", "::1/128", "*", 0, -1, 10**9, True, [], {}, [None], [{}], ["x"], [1.5]]


def guarded() -> Landscape:
    """The landscape with security groups and application rules besides."""
    land = mirror.landscape()
    rule = {"priority": 200, "direction": "Inbound", "access": "Allow", "protocol": "Udp", "sourceAddressPrefix": "*"}
    land.guard("hub", "dns", rule | {"destinationAddressPrefixes": ["10.0.2.0/26"], "destinationPortRanges": ["50-53"]})
    land.guard("apps", "apps", rule | {"direction": "Outbound", "destinationAddressPrefix": "VirtualNetwork"})
    land.firewall("hub", "10.0.0.4", [mirror.ALLOW_API, ALLOW_AKS])
    return land


BODIES = list(mirror.observed(guarded()))
ADDRESSES = st.sampled_from(
    ["", "x", API, "10.0.2.4", "10.65.0.4", "168.63.129.16", "8.8.8.8", "192.168.1.1", "fd00::1"]
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place inside a body that something may be wrong with."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [path] if len(path) > 1 else []
    for key, child in inner:
        found += places(child, (*path, key))
    return found


def damaged(bodies: list[Any], number: int, at: int, *, odd: Any, leave_out: bool) -> None:
    """Replace something in a body by something odd, or leave it out."""
    body = bodies[number % len(bodies)]
    found = [path for path in places(body) if path[0] == "properties"]
    if not found:
        return
    *way, last = found[at % len(found)]
    for key in way:
        body = body[key]
    if leave_out and isinstance(body, dict):
        del body[last]
    else:
        body[last] = odd


probes = st.builds(
    Probe,
    resolution=st.sampled_from(Resolution),
    addresses=st.lists(st.sampled_from([API, "10.64.0.99", "20.50.0.9", "fd00::1"]), max_size=2).map(tuple),
    resolver=ADDRESSES,
    connection=st.sampled_from(Connection),
    evidence=st.just(""),
)
servers = st.lists(
    st.builds(
        Asked,
        address=ADDRESSES,
        network=st.sampled_from([None, mirror.identity("virtualNetworks", "hub")]),
        resolution=st.sampled_from(Resolution),
        addresses=st.lists(ADDRESSES, max_size=2).map(tuple),
    ),
    max_size=2,
).map(tuple)
SOUND = mirror.case(mirror.landscape(), "app")
cases = st.builds(
    replace,
    st.sampled_from([SOUND, mirror.case(mirror.landscape(), "jump")]),
    name=st.sampled_from([NAME, "payments.hcp.westeurope.azmk8s.io", "x.example.com"]),
    endpoint=st.sampled_from([API, None, "x", "10.64.0.99"]),
    subnet=st.sampled_from([SOUND.subnet, None]),
    address=ADDRESSES,
    zone=st.sampled_from([SOUND.zone, None]),
    servers=servers,
    firewall=st.sampled_from([SOUND.firewall, None]),
    firewall_policy=st.sampled_from([SOUND.firewall_policy, None]),
    cluster=st.sampled_from([None, mirror.identity("virtualNetworks", "hub")]),
    probe=probes,
)


def wrong(case: Case) -> bool:
    """Say whether the proof fails."""
    resolves = probe.resolvable(case.probe, case.name, case.endpoint).holds
    return not (resolves and probe.reachable(case.probe, case.name).holds)


def complete(found: diagnosis.Diagnosis) -> bool:
    """Say whether there is something to read in each part."""
    return bool(found.message and found.mend and not found.message.endswith(".") and not found.mend.endswith("."))


@settings(max_examples=300, deadline=None)
@given(case=cases, count=st.integers(min_value=0, max_value=len(BODIES)), asked=st.booleans())
def test_a_proof_that_fails_always_has_a_diagnosis(case: Case, count: int, asked: bool) -> None:  # noqa: FBT001 - drawn
    """However little was read, a cause or that it is unknown is said; and nothing where nothing is wrong."""
    reads = diagnosis.reads(case)
    observed = Observed(BODIES[:count], asked=reads if asked else ())
    further = diagnosis.further_reads(case, observed)
    found = diagnosis.diagnose(case, observed)
    assert (found is not None) == wrong(case)
    assert found is None or complete(found)
    assert bool(reads) == wrong(case)
    for questions in (reads, further):
        assert len({(read.type.lower(), read.scope.lower()) for read in questions}) == len(questions)


@settings(max_examples=500, deadline=None)
@given(
    case=cases,
    damages=st.lists(
        st.tuples(st.integers(0, 10**6), st.integers(0, 10**6), st.sampled_from(ODD), st.booleans()),
        min_size=1,
        max_size=6,
    ),
)
def test_odd_bodies_end_no_diagnosis(case: Case, damages: list[tuple[int, int, Any, bool]]) -> None:
    """Members that are missing, or of another shape than Azure's, are passed over."""
    bodies = copy.deepcopy(BODIES)
    for number, at, odd, leave_out in damages:
        damaged(bodies, number, at, odd=copy.deepcopy(odd), leave_out=leave_out)
    try:
        observed = Observed(bodies, asked=diagnosis.reads(case))
    except (AttributeError, TypeError):
        reject()  # Such an answer is not even taken in.
    diagnosis.further_reads(case, observed)
    assert (diagnosis.diagnose(case, observed) is not None) == wrong(case)
