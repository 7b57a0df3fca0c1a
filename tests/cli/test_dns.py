"""`spokewright dns`: servers, how far networks are, what on-premises forwards; and one configuration, to be kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.cli import stored
from tests.cli.fake_api import problem

if TYPE_CHECKING:
    from tests.cli.conftest import Run
    from tests.cli.fake_api import FakeApi

BIND = stored.DNS["configurations"][0]["text"]


@pytest.fixture
def named(api: FakeApi) -> FakeApi:
    """Return an API whose hub has forwarders."""
    api.answers["hubs/weu/dns"] = stored.DNS
    return api


def blocks(text: str) -> dict[str, list[str]]:
    """Return what stands below each title; the head has none."""
    head, *rest = text.rstrip("\n").split("\n\n")
    found = [block.splitlines() for block in rest]
    return {"": head.splitlines(), **{block[0]: block[1:] for block in found}}


@pytest.mark.usefixtures("named")
@pytest.mark.parametrize("word", ["weu", "hub/weu", "hubs/weu"])
def test_it_says_all_about_a_hub(word: str, run: Run) -> None:
    """Mode and condition, each server and what it does instead, each network, zones and where they are forwarded to."""
    ran = run("dns", word)
    told = blocks(ran.out)
    assert ran.code == 0
    assert told[""] == ["hub/weu   mode forwarder   False   DnsServerFails", "  10.0.1.5 does not answer"]
    assert [line.split()[:3] for line in told["Servers"][1:]] == [
        ["10.0.1.4", "forwarder", "yes"],
        ["10.0.1.5", "forwarder", "no"],
        ["10.0.0.4", "firewall", "?"],
    ]
    assert told["Servers"][2].endswith("10.0.1.5 does not answer; look at its machine")
    assert told["Networks"][0] == "  1 of 4 networks have theirs; next: payments"
    assert [line.split()[0] for line in told["Networks"][2:]] == [
        "hub",
        "spoke/payments",
        "spoke/search",
        "spoke/new",
        "spoke/theirs",
    ]
    states = ["has them", "next", "waits for its turn", "not seen yet", "left alone: it was adopted"]
    assert [line.endswith(state) for line, state in zip(told["Networks"][2:], states, strict=True)] == [True] * 5
    assert told["From on-premises"] == [
        "  forward   privatelink.westeurope.azmk8s.io",
        "  to        10.0.1.4, 10.0.1.5",
        "  what to configure: spokewright dns weu --format bind|unbound",
    ]


def test_a_hub_that_azure_answers_for_is_short(api: FakeApi, run: Run) -> None:
    """No server, no table, and what to do to have on-premises answered."""
    api.answers["hubs/weu/dns"] = stored.BY_AZURE
    told = blocks(run("dns", "weu").out)
    assert told["Servers"] == ["  none: names are answered by Azure"]
    assert told["Networks"] == ["  networks ask Azure's own resolver"]
    assert told["From on-premises"] == [f"  {stored.BY_AZURE['note']}"]


def test_external_servers_are_told_what_to_forward(api: FakeApi, run: Run) -> None:
    """What somebody else's servers have to do stands by itself."""
    api.answers["hubs/weu/dns"] = stored.DNS | {"forward": "it has to forward azmk8s.io to 168.63.129.16"}
    told = blocks(run("dns", "weu").out)
    assert told["What each server has to do"] == ["  it has to forward azmk8s.io to 168.63.129.16"]


@pytest.mark.usefixtures("named")
def test_one_configuration_can_be_kept_in_a_file(run: Run) -> None:
    """With a format the text alone is on the output, to the byte."""
    ran = run("dns", "weu", "--format", "bind")
    assert (ran.code, ran.out, ran.err) == (0, BIND, "")


@pytest.mark.usefixtures("named")
def test_it_speaks_json_and_yaml(run: Run) -> None:
    """For programs: what the API said, as it said it."""
    assert json.loads(run("dns", "weu", "-o", "json").out) == stored.DNS
    assert yaml.safe_load(run("dns", "weu", "-o", "yaml").out) == stored.DNS


REFUSED: dict[str, tuple[tuple[str, ...], int, str]] = {
    "another kind": (("spoke/payments",), 2, "spoke/payments is no hub"),
    "an unknown format": (("weu", "--format", "djbdns"), 2, "djbdns"),
    "two ways": (("weu", "--format", "bind", "-o", "json"), 2, "--format and --output"),
    "not for this format": (("weu", "--format", "windows"), 3, "there is no such configuration of hub weu"),
    "no hub": ((), 2, "HUB"),
}


@pytest.mark.usefixtures("named")
@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_shown_is_said(name: str, run: Run) -> None:
    """Exit code 2 for what was typed wrong, 3 for what is not there; nothing is written to the output."""
    arguments, code, words = REFUSED[name]
    ran = run("dns", *arguments)
    assert (ran.code, ran.out) == (code, "")
    assert words in ran.err
    assert len(ran.err.splitlines()) == 2


def test_no_configuration_says_how_to_get_one(api: FakeApi, run: Run) -> None:
    """What the app says to do is what to do."""
    api.answers["hubs/weu/dns"] = stored.BY_AZURE
    ran = run("dns", "weu", "--format", "bind")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.splitlines()[1] == f"What to do: {stored.BY_AZURE['note']}"


def test_an_api_that_fails_is_said(api: FakeApi, run: Run) -> None:
    """A hub that is not there, or an app that is busy: two lines and an exit code."""
    api.scripts["GET hubs/weu/dns"] = [problem(404, "there is no document Hub/weu"), problem(503, "busy")]
    assert [run("dns", "weu").code for _ in range(2)] == [3, 5]
