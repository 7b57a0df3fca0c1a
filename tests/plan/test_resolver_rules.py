"""The resolver's rules: one for each domain on-premises, and none for a domain that is no more in the document."""

from __future__ import annotations

from typing import Any

import pytest

from shared.model import naming
from shared.plan.resources import dns_resolver
from shared.plan.steps import Action
from tests.model.samples import hub
from tests.plan.documents import HUB
from tests.plan.fleet import Fleet

Json = dict[str, Any]

TARGETS = ["192.168.200.4"]


def resolver(*domains: str) -> Json:
    """Return a DNS part with these domains on-premises."""
    return {"mode": "resolver", "onPremisesDomains": list(domains), "onPremisesServers": TARGETS}


def test_a_domain_that_was_taken_out_is_sent_nowhere() -> None:
    """Its rule goes, the others stay; no other step is needed."""
    fleet = Fleet([hub(dns=resolver("corp.example.com", "old.example.com"))])
    fleet.settle()
    fleet.change(HUB, hub(dns=resolver("corp.example.com")))
    (step,) = fleet.plan(HUB).steps
    assert (step.action, step.resource_id.rpartition("/")[2]) == (Action.DELETE, "old-example-com")
    assert "no longer in the document" in step.reason
    fleet.settle()
    assert fleet.plan(HUB).steps == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [("corp-example.com", "corp.example.com"), (f"{'a' * 63}.{'b' * 63}.com", f"{'a' * 63}.{'b' * 62}.com")],
    ids=["a hyphen and a dot", "long ones"],
)
def test_two_domains_are_two_rules(one: str, other: str) -> None:
    """Names of rules have neither dots nor more than 80 characters, and still no two domains share one."""
    ruleset = naming.forwarding_ruleset(hub())
    first, second = (dns_resolver.rule(ruleset, domain, TARGETS).id for domain in (one, other))
    assert first.key != second.key
    assert all(len(identity.name) <= 80 and "." not in identity.name for identity in (first, second))


def test_a_domain_is_one_however_it_is_spelt() -> None:
    """Names of domains have no case."""
    ruleset = naming.forwarding_ruleset(hub())
    spelt = {dns_resolver.rule(ruleset, domain, TARGETS).id for domain in ("corp.example.com", "Corp.Example.com")}
    assert len(spelt) == 1
