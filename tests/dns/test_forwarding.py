"""Which servers a forwarder asks for what."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv4Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.errors import Invalid
from shared.plan.dns.domains import domain
from shared.plan.dns.forwarding import AZURE_DNS, Forwarding, Route, routes

HERE = IPv4Address("10.0.2.4")
HOME = (IPv4Address("192.168.10.4"), IPv4Address("192.168.10.5"))
WHOLE = Forwarding(
    private_zones=("azmk8s.io", "Privatelink.vaultcore.azure.net."),
    upstream=(IPv4Address("10.9.0.4"),),
    on_premises_domains=("corp.example.com",),
    on_premises_servers=HOME,
    allowed=(IPv4Network("10.0.0.0/8"),),
)


def test_each_domain_has_its_servers() -> None:
    """Private zones go to Azure, a company's domains home, and all else upstream, last."""
    assert routes(WHOLE, HERE) == (
        Route("azmk8s.io", (AZURE_DNS,)),
        Route("privatelink.vaultcore.azure.net", (AZURE_DNS,)),
        Route("corp.example.com", HOME),
        Route(".", (IPv4Address("10.9.0.4"),)),
    )


def test_without_an_upstream_azure_answers_all_else() -> None:
    """Nothing is asked of the internet unless somebody says so."""
    assert routes(replace(WHOLE, upstream=()), HERE)[-1] == Route(".", (AZURE_DNS,))


def test_what_is_said_twice_is_done_once() -> None:
    """A zone or a server that is named twice is one."""
    twice = replace(WHOLE, private_zones=("azmk8s.io", "AZMK8S.io."), on_premises_servers=HOME + HOME)
    assert [(way.domain, len(way.servers)) for way in routes(twice, HERE)] == [
        ("azmk8s.io", 1),
        ("corp.example.com", 2),
        (".", 1),
    ]


WRONG = {
    "a domain that is a private zone": (
        replace(WHOLE, on_premises_domains=("azmk8s.io",)),
        "$.onPremisesDomains",
        "azmk8s.io is a private zone too",
    ),
    "domains without servers": (replace(WHOLE, on_premises_servers=()), "$.onPremisesServers", "is required"),
    "an upstream that is the forwarder": (replace(WHOLE, upstream=(HERE,)), "$.upstream", "in a circle"),
    "a server at home that is the forwarder": (
        replace(WHOLE, on_premises_servers=(HERE,)),
        "$.onPremisesServers",
        "in a circle",
    ),
    "a zone that is none": (
        replace(WHOLE, private_zones=("azmk8s.io", 'x"; include "/etc/passwd')),
        "$.privateZones[1]",
        "is not a domain name",
    ),
}


@pytest.mark.parametrize(("wrong", "path", "words"), WRONG.values(), ids=WRONG)
def test_what_cannot_work_is_refused(wrong: Forwarding, path: str, words: str) -> None:
    """Each fault is named with its path."""
    with pytest.raises(Invalid) as refused:
        routes(wrong, HERE)
    (problem,) = refused.value.problems
    assert (problem.path, words in problem.message) == (path, True)


@given(st.text(max_size=80))
def test_only_plain_names_come_through(text: str) -> None:
    """Whatever comes in: what goes on is a lower-case domain name, and nothing that a configuration could misread."""
    try:
        name = domain(text, "$")
    except Invalid:
        return
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")
    assert all(label and len(label) <= 63 and label.strip("-") == label for label in name.split("."))


@pytest.mark.parametrize(
    "text",
    ["", ".", "10.0.0.4", "a..b", "-a.b", "a_b.c", "x.io\n", "ä.example", "a" * 64, "a." * 127 + "aa"],
    ids=["empty", "root", "address", "empty label", "hyphen", "underscore", "line", "not ASCII", "long label", "long"],
)
def test_what_is_no_domain(text: str) -> None:
    """The root, addresses and names that DNS would not have are no domains."""
    with pytest.raises(Invalid):
        domain(text, "$.zones[0]")
