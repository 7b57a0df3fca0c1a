"""Who has to resolve a cluster, where that is asked, and what follows from what was printed."""

from __future__ import annotations

from typing import Any

import pytest

from shared.model import conditions as c
from shared.model.errors import Invalid
from shared.model.resource_id import ResourceId
from shared.plan.diagnosis import BrokenLink, Diagnosis
from shared.plan.dns import consumers, matrix
from shared.plan.dns.consumers import Consumer
from shared.plan.dns.matrix import Row, Seen
from tests.model import samples
from tests.model.samples import ABSENT, NETWORK, SUBSCRIPTION
from tests.plan import outputs

Json = dict[str, Any]

NAME, ENDPOINT, ELSEWHERE = "api.privatelink.westeurope.azmk8s.io", "10.64.0.4", "10.64.0.9"
AGENT = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/agent"
JUMP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm-jump-weu"
OURS = ("10.0.1.4", "10.0.1.5")


def hub(**spec: Any) -> Any:
    """Return a hub."""
    return samples.hub(**spec)


def spoke(*have: str, name: str = "agents", **dns: Any) -> Any:
    """Return a spoke that is to resolve all clusters, whose network has these servers."""
    document = samples.spoke(name, dns={"resolvesClusters": True} | dns)
    outputs = {"virtualNetworkId": "/n", "dnsServers": list(have)}
    return document.model_copy(update={"status": document.status.model_copy(update={"outputs": outputs})})


# Who, and where

FORWARDER: Json = {"mode": "forwarder"}
ROWS: dict[str, tuple[Any, list[Any], dict[str, tuple[str | None, tuple[str, ...], bool]]]] = {
    "azure": (hub(), [], {"hub": ("vm-jump-weu", (), False)}),
    "no jump server": (hub(jumpServer=ABSENT), [], {"hub": (None, (), False)}),
    "forwarders": (
        hub(dns=FORWARDER),
        [],
        {
            "hub": ("vm-jump-weu", (), False),
            "dns/10.0.1.4": ("vm-jump-weu", ("10.0.1.4",), True),
            "dns/10.0.1.5": ("vm-jump-weu", ("10.0.1.5",), True),
            "on-premises": ("vm-jump-weu", OURS, True),
        },
    ),
    "forwarders beside": (
        hub(dns={"mode": "azure", "forwarder": {"count": 1}}),
        [],
        {"hub": ("vm-jump-weu", (), False), "on-premises": ("vm-jump-weu", OURS[:1], True)},
    ),
    "a spoke that asks servers": (
        hub(),
        [spoke(*OURS)],
        {"hub": ("vm-jump-weu", (), False), "spoke/agents": ("vm-jump-weu", OURS, True)},
    ),
    "a spoke that asks Azure": (
        hub(),
        [spoke()],
        {"hub": ("vm-jump-weu", (), False), "spoke/agents": (None, (), False)},
    ),
    "a spoke with a machine": (
        hub(),
        [spoke(*OURS, machineId=AGENT)],
        {"hub": ("vm-jump-weu", (), False), "spoke/agents": ("agent", OURS, False)},
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_who_has_to_resolve_a_cluster(name: str) -> None:
    """Each row with the machine that is asked, the servers there, and whether these are asked directly."""
    document, spokes, expected = ROWS[name]
    rows = consumers.of_cluster(document, spokes)
    assert {
        row.name: (None if row.machine is None else row.machine.name, row.servers, row.directly) for row in rows
    } == expected


def test_each_question_is_put_once_on_its_machine() -> None:
    """Two rows that ask one server share the answer; a machine elsewhere is asked for its own row only."""
    rows = consumers.of_cluster(hub(dns=FORWARDER), [spoke(*OURS), spoke(name="ci", machineId=AGENT)])
    jump, agent = consumers.machines(rows)
    assert (jump.name, agent.name) == ("vm-jump-weu", "agent")
    (script,) = consumers.scripts(rows, jump, NAME)
    assert script == (
        'echo "== own"',
        f"nslookup {NAME}",
        f"nc -z -v -w 5 {NAME} 443 2>&1",
        'echo "== at 10.0.1.4"',
        f"nslookup {NAME} 10.0.1.4",
        'echo "== at 10.0.1.5"',
        f"nslookup {NAME} 10.0.1.5",
    )
    assert consumers.scripts(rows, agent, NAME) == (script[:3],)


def test_what_somebody_wrote_into_a_network_is_no_line() -> None:
    """The servers of a spoke's network are Azure's answer: what is no address is run nowhere."""
    rows = consumers.of_cluster(hub(), [spoke("10.0.1.4; reboot")])
    with pytest.raises(Invalid):
        consumers.scripts(rows, consumers.machines(rows)[0], NAME)


# What was printed


def printed(file: str, address: str = ENDPOINT) -> str:
    """Return what the real programs printed."""
    return outputs.printed(file, address)


MACHINE, ELSE = ResourceId.parse(JUMP), ResourceId.parse(AGENT)
OF_HUB = Consumer("hub", ResourceId.parse(NETWORK), MACHINE)
OF_SERVERS = Consumer("on-premises", None, MACHINE, OURS, directly=True)
OF_AGENT = Consumer("spoke/agents", ResourceId.parse(NETWORK), ELSE)
OF_NOBODY = Consumer("spoke/ci", ResourceId.parse(NETWORK), None)

GOOD, LOST, MOVED = printed("answers"), printed("no_such_name"), printed("answers", ELSEWHERE)
JUDGED: dict[str, tuple[Consumer, Json, Json, tuple[str, str, str], list[str]]] = {
    "resolves and answers": (OF_HUB, {JUMP: f"== own\n{GOOD}"}, {}, ("True", "True", c.RESOLVES), [ENDPOINT]),
    "does not resolve": (
        OF_HUB,
        {JUMP: f"== own\n{LOST}"},
        {},
        ("False", "False", c.DOES_NOT_RESOLVE),
        ["is not known there"],
    ),
    "resolves to another address": (
        OF_HUB,
        {JUMP: f"== own\n{MOVED}"},
        {},
        ("False", "True", c.WRONG_ADDRESS),
        ["10.64.0.9", "10.64.0.4"],
    ),
    "does not answer": (
        OF_HUB,
        {JUMP: f"== own\n{printed('times_out')}"},
        {},
        ("True", "False", c.DOES_NOT_ANSWER),
        ["does not answer"],
    ),
    "two servers, and one does not know it": (
        OF_SERVERS,
        {JUMP: f"== at 10.0.1.4\n{GOOD}== at 10.0.1.5\n{LOST}"},
        {},
        ("False", "Unknown", c.DOES_NOT_RESOLVE),
        ["on-premises: "],
    ),
    "two servers know it": (
        OF_SERVERS,
        {JUMP: f"== at 10.0.1.4\n{GOOD}== at 10.0.1.5\n{GOOD}"},
        {},
        ("True", "Unknown", c.RESOLVES),
        ["on-premises: "],
    ),
    "one of two was not asked": (
        OF_SERVERS,
        {JUMP: f"== at 10.0.1.4\n{LOST}"},
        {},
        ("Unknown", "Unknown", c.NOT_VERIFIED),
        ["its servers changed meanwhile"],
    ),
    "on a machine elsewhere": (
        OF_AGENT,
        {JUMP: "", AGENT: f"== own\n{GOOD}"},
        {},
        ("True", "True", c.RESOLVES),
        ["spoke/agents: ", "machine agent"],
    ),
    "a machine that could not be asked": (
        OF_AGENT,
        {JUMP: ""},
        {AGENT: "it is stopped"},
        ("Unknown", "Unknown", c.NOT_VERIFIED),
        ["machine agent could not be asked: it is stopped"],
    ),
    "a machine of which nothing is known": (
        OF_AGENT,
        {},
        {},
        ("Unknown", "Unknown", c.NOT_VERIFIED),
        ["it was not asked"],
    ),
    "no machine": (OF_NOBODY, {}, {}, ("Unknown", "Unknown", c.NOT_VERIFIED), ["dns.machineId of the spoke"]),
}


def judged(name: str) -> Row:
    """Return the row of a case."""
    consumer, outputs, errors, _, _ = JUDGED[name]
    seen = Seen(*({ResourceId.parse(where).key: text for where, text in said.items()} for said in (outputs, errors)))
    (row,) = matrix.judge([consumer], seen, NAME, ENDPOINT)
    return row


@pytest.mark.parametrize("name", JUDGED)
def test_a_row_says_what_its_machine_saw(name: str) -> None:
    """What was measured, where, and for what was not why; a server that is only asked proves no way."""
    _, _, _, expected, words = JUDGED[name]
    stored = judged(name).to_json("now")
    assert (stored["resolves"], stored["answers"], stored["reason"]) == expected
    assert all(word in stored["message"] for word in words), stored["message"]
    assert len(stored["output"]) <= matrix.EVIDENCE


ASKED = ["resolves and answers", "two servers know it"]
HOLDS = {
    "everybody": (ASKED, ("True", "True")),
    "one does not resolve": ([*ASKED, "does not resolve"], ("False", "False")),
    "one could not be asked": ([*ASKED, "no machine"], ("True", "True")),
    "nobody was asked": (["no machine"], ("Unknown", "Unknown")),
    "only servers were asked": (["two servers know it"], ("True", "Unknown")),
    "one does not answer": ([*ASKED, "does not answer"], ("True", "False")),
}


@pytest.mark.parametrize("name", HOLDS)
def test_what_was_measured_counts(name: str) -> None:
    """One row that is wrong makes it false; one that nobody could ask takes nothing away, and adds nothing."""
    rows, expected = HOLDS[name]
    found = matrix.conditions([judged(row) for row in rows])
    assert [one.type for one in found] == [c.API_SERVER_RESOLVABLE, c.API_SERVER_REACHABLE]
    assert tuple(one.status for one in found) == expected
    assert all(one.message for one in found)


STALE = {
    "the old address everywhere": (["resolves to another address"], ELSEWHERE, True),
    "nothing is wrong": (["resolves and answers"], ELSEWHERE, False),
    "another address than the old one": (["resolves to another address"], "10.64.0.200", False),
    "somebody does not resolve at all": (["resolves to another address", "does not resolve"], ELSEWHERE, False),
}


@pytest.mark.parametrize("name", STALE)
def test_an_old_address_is_a_cache_s(name: str) -> None:
    """After the endpoint moved, whoever still has the old address is not wrong yet; whoever has another is."""
    rows, old, expected = STALE[name]
    assert matrix.stale([judged(row) for row in rows], old) is expected


def test_an_endpoint_that_moved_is_no_alarm_at_once() -> None:
    """The conditions say that it is on the way, and from where."""
    first, _ = matrix.conditions([judged("resolves to another address")], moved=ELSEWHERE)
    assert (first.status, first.reason) == ("Unknown", c.ADDRESS_MOVED)
    assert f"moved from {ELSEWHERE}" in first.message


@pytest.mark.parametrize("name", ["does not resolve", "does not answer", "resolves and answers"])
def test_the_broken_link_takes_the_place_of_the_guess(name: str) -> None:
    """What was seen stays, the cause and the mend follow; where nothing is wrong nothing is said."""
    broken = Diagnosis(BrokenLink.ROUTE, "the route leads elsewhere.", "remove it")
    row = judged(name)
    explained = matrix.explained(row, broken)
    if row.wrong is None:
        assert explained == row
        return
    assert explained.wrong is not None
    assert explained.wrong.reason == BrokenLink.ROUTE.value
    assert "The route leads elsewhere. What to do: remove it." in explained.wrong.message
    assert matrix.explained(row, None) == row
