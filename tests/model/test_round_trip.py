"""Any document that is accepted is stored and read back the same."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.model.document import parse_document, to_json
from tests.model.samples import KEY, SUBSCRIPTION, problems, sample

Json = dict[str, Any]


def objects(required: Json, optional: Json) -> st.SearchStrategy[Json]:
    """Return objects with all required fields and any of the optional ones."""
    return st.fixed_dictionaries(required, optional=optional)


names = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?", fullmatch=True)
words = st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,9}", fullmatch=True)
tags = st.dictionaries(words, st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=20), max_size=3)
labels = st.dictionaries(words, st.one_of(words, st.just("")), max_size=3)
zones = st.lists(st.sampled_from(["1", "2", "3"]), unique=True, max_size=3)
times = st.datetimes().map(lambda time: f"{time.isoformat()}Z")
statuses = objects(
    {},
    {
        "observedGeneration": st.integers(0, 9),
        "outputs": st.dictionaries(words, st.one_of(st.text(max_size=9), st.booleans(), st.none()), max_size=3),
        "verifiedAt": times,
        "conditions": st.lists(
            st.fixed_dictionaries(
                {"type": words, "status": st.sampled_from(["True", "False", "Unknown"]), "reason": words},
                optional={"message": st.text(max_size=20), "lastTransitionTime": times},
            ),
            max_size=3,
        ),
    },
)
hubs = objects(
    {"addressSpace": st.sampled_from([["10.0.0.0/22"], ["10.0.0.0/24"], ["10.1.0.0/16", "10.3.0.0/24"]])},
    {
        "firewall": st.fixed_dictionaries({"sku": st.sampled_from(["Basic", "Standard", "Premium"]), "zones": zones}),
        "jumpServer": st.none() | st.just({"sshPublicKey": KEY, "zones": ["2"]}),
        "bastion": st.fixed_dictionaries({"enabled": st.booleans()}),
        "spokePool": st.sampled_from([None, "10.64.0.0/10", "11.0.0.0/16"]),
        "onboarding": st.just({"rules": [{"subscriptions": [SUBSCRIPTION], "action": "auto"}]}),
        "tags": tags,
    },
)
spokes = objects(
    {"hub": names},
    {
        "subnets": st.lists(
            objects({"name": words, "prefixLength": st.integers(25, 29)}, {}),
            min_size=1,
            max_size=4,
            unique_by=lambda subnet: str(subnet["name"]).lower(),
        ),
        "drift": st.sampled_from(["repair", "report", "ignore"]),
        "tags": tags,
    },
)
clusters = objects(
    {"spoke": names},
    {
        "kubernetesVersion": st.sampled_from(["1.32", "1.33.2"]),
        "nodePools": st.lists(
            st.fixed_dictionaries(
                {"name": st.from_regex(r"[a-z][a-z0-9]{0,11}", fullmatch=True), "size": words, "count": st.just(2)},
                optional={"zones": zones, "autoscale": st.just({"min": 1, "max": 4}), "labels": labels},
            ),
            min_size=1,
            max_size=3,
            unique_by=lambda pool: pool["name"],
        ),
        "privateDns": st.sampled_from([{"mode": "system"}, {"mode": "none", "publicFqdn": True}]),
        "drift": st.sampled_from(["repair", "report", "ignore"]),
        "network": st.sampled_from([{}, {"podCidr": "11.0.0.0/16"}, {"serviceCidr": "172.20.0.0/20"}]),
        "tags": tags,
    },
)
specs = {"Hub": hubs, "Spoke": spokes, "Cluster": clusters}


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a valid document of any kind."""
    kind = draw(st.sampled_from(sorted(specs)))
    document = sample(kind, draw(names))
    document["spec"] |= draw(specs[kind])
    return document | {"status": draw(statuses)}


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(document=documents())
def test_a_stored_document_reads_back_the_same(document: dict[str, Any]) -> None:
    """Parsing, storing as JSON and parsing again gives an equal document and the same bytes."""
    parsed = parse_document(document)
    stored = json.dumps(to_json(parsed))
    again = parse_document(json.loads(stored))
    assert again == parsed
    assert json.dumps(to_json(again)) == stored


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(kind=st.sampled_from(sorted(specs)), field=st.integers(0, 30), value=anything)
def test_nonsense_is_refused_and_never_breaks(kind: str, field: int, value: Any) -> None:
    """Whatever JSON stands in a field, the answer is a document or problems with paths below `$`."""
    document = to_json(parse_document(sample(kind)))
    fields = list(document["spec"])
    document["spec"][fields[field % len(fields)]] = value
    found = problems(document)
    assert all(path.startswith("$.spec") and message for path, message in found.items())
