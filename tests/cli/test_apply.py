"""`spokewright apply` and `diff`: documents go in order, and faults name the file and the line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli import stored
from tests.cli.fake_api import FakeApi, problem

if TYPE_CHECKING:
    from tests.cli.conftest import Run

THREE = """# comments are fine
kind: Cluster
metadata: {name: payments-prod}
spec: {spoke: payments, policy: Manage, kubernetesVersion: "1.33", tags: {}}
---
kind: Spoke
metadata: {name: payments}
spec:
  hub: weu
  addressSpace: [10.64.0.0/24]
---
kind: Hub
metadata: {name: neu}
spec: {location: northeurope}
"""
FAULT = {"path": "$.spec.addressSpace[0]", "message": "overlaps that of Spoke/shop"}


@pytest.fixture
def file(tmp_path: Path) -> str:
    """Return a file with a cluster, a spoke and a hub, in the wrong order."""
    path = tmp_path / "three.yaml"
    path.write_text(THREE)
    return path.name


def test_documents_go_in_order_and_are_said_to_be(api: FakeApi, run: Run, file: str) -> None:
    """Hubs, spokes, clusters; each is created, configured or unchanged."""
    ran = run("apply", "-f", file)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == ["hub/neu created", "spoke/payments configured", "cluster/payments-prod unchanged"]
    assert [one.path for one in api.sent("PUT")] == ["hubs/neu", "spokes/payments", "clusters/payments-prod"]
    assert api.sent("PUT")[1].body["spec"] == {"hub": "weu", "addressSpace": ["10.64.0.0/24"]}


def test_the_standard_input_is_a_file(api: FakeApi, run: Run) -> None:
    """`-f -` reads what is piped in."""
    assert run("apply", "-f", "-", stdin=THREE).code == 0
    assert len(api.sent("PUT")) == 3


def test_what_is_got_can_be_applied(api: FakeApi, run: Run) -> None:
    """The output of `get -o yaml` and of `-o json` is input of `apply`, and changes nothing."""
    for output in ("yaml", "json"):
        ran = run("apply", "-f", "-", stdin=run("get", "all", "-o", output).out)
        assert {line.split()[1] for line in ran.out.splitlines()} == {"unchanged"}
    assert len(api.sent("PUT")) == 6


def test_one_refusal_keeps_no_other_back(api: FakeApi, run: Run, file: str) -> None:
    """A refused document is said with the file and line of each fault; the others are applied; exit code 4."""
    api.scripts["PUT spokes/payments"] = [problem(400, "all of it", errors=[FAULT])]
    ran = run("apply", "-f", file)
    assert ran.code == 4
    assert ran.out.splitlines() == ["hub/neu created", "cluster/payments-prod unchanged"]
    assert ran.err.splitlines() == [
        "Error: spoke/payments from three.yaml:6: cannot be accepted",
        "  three.yaml:10: $.spec.addressSpace[0]: overlaps that of Spoke/shop",
        "Error: 1 document was refused",
        "What to do: mend the document and send it again; `spokewright validate` checks it offline",
    ]


def test_waiting_shows_the_steps(api: FakeApi, run: Run) -> None:
    """`--wait` shows steps beside the output, and ends when all are ready."""
    waits = stored.condition("Waiting", "True", "HubNotReady", "no private address yet")
    looks = [stored.spoke(waits, observedGeneration=1), stored.spoke()]
    api.scripts["GET spokes/payments"] = [(200, stored.spoke()), *((200, look) for look in looks)]
    running = stored.step(2, ended=None, result="Running")
    steps = [[], [stored.step(2), stored.step()], [stored.step(3, **failed()), stored.step(2), stored.step()]]
    steps[1] = [running, stored.step()]
    api.scripts["GET spokes/payments/history"] = [(200, {"items": items}) for items in steps]
    text = json.dumps(stored.spoke())
    ran = run("apply", "-f", "-", "--wait", "--timeout", "20s", stdin=text)
    assert ran.code == 0
    assert ran.out.splitlines() == ["spoke/payments unchanged", "spoke/payments ready"]
    assert ran.err.splitlines() == [
        "  done    spoke/payments: create routes/r1   2m05s",
        "  begun   spoke/payments: create routes/r2   route r2 is missing",
        "  waits   spoke/payments: HubNotReady: no private address yet",
        "  done    spoke/payments: create routes/r2   2m05s",
        "  failed  spoke/payments: create routes/r3: AuthorizationFailed: no such role",
    ]


def failed() -> stored.Json:
    """Return what a failed step has beside a step."""
    return {"result": "Failed", "error": stored.FAILED["error"]}


def test_no_difference_exits_with_0(api: FakeApi, run: Run) -> None:
    """Where the plan is empty and the document as stored, nothing would change, and nothing is written."""
    ran = run("diff", "-f", "-", stdin=run("get", "all", "-o", "yaml").out)
    assert ran.code == 0
    assert [line.split("   ")[1] for line in ran.out.splitlines()] == ["nothing would change"] * 3
    assert api.sent("PUT") == []


def test_differences_exit_with_1_and_are_shown(api: FakeApi, run: Run, file: str) -> None:
    """Fields that change, the plan's steps with order, reasons and changes, its waits; bodies with --full."""
    api.scripts["POST spokes/payments/plan"] = [(200, stored.PLAN)] * 2
    ran = run("diff", "-f", file)
    assert (ran.code, ran.err) == (1, "")
    start = ran.out.splitlines().index("spoke/payments")
    assert ran.out.splitlines()[start : start + 10] == [
        "spoke/payments",
        '  - spec.addressSpace[0]: "10.64.0.0/22"',
        '  + spec.addressSpace[0]: "10.64.0.0/24"',
        "    1 + routeTables/rt: route table rt is missing",
        "    2 ~ routes/r1: next hop is wrong   after 1",
        '          properties.nextHopIpAddress:  - "10.0.0.5"  + "10.0.0.4"',
        '          properties.addressPrefix:  + "0.0.0.0/0"',
        '          properties.subnets[old]:  - {"name": "old"}',
        "  waits for Hub/weu: no private address yet",
        "  1 to create, 1 to change, 1 not possible yet",
    ]
    assert "location: westeurope" not in ran.out
    assert "          location: westeurope" in run("diff", "-f", file, "--full").out
    assert [one.path for one in api.sent("POST")][:2] == ["hubs/neu/plan", "spokes/payments/plan"]
    assert api.sent("PUT") == []


def test_what_is_left_out_has_its_default(api: FakeApi, run: Run) -> None:
    """A field that is taken out of the file goes back to its default, and that is a difference where it is one."""
    stored_now = stored.spoke()
    stored_now["spec"] |= {"drift": "report", "subnets": [{"name": "nodes", "role": "extra"}]}
    api.store(stored_now)
    spec = {"hub": "weu", "addressSpace": ["10.64.0.0/22"], "subnets": [{"name": "nodes"}]}
    text = json.dumps({"kind": "Spoke", "metadata": {"name": "payments"}, "spec": spec})
    ran = run("diff", "-f", "-", stdin=text)
    assert ran.code == 1
    assert [line.strip() for line in ran.out.splitlines()[1:3]] == ['- spec.drift: "report"', '+ spec.drift: "repair"']
    assert "subnets" not in ran.out


def test_what_the_app_works_out_is_no_difference(api: FakeApi, run: Run) -> None:
    """Sizes that follow from other fields, and numbers that are stored as text, are as the file asks."""
    now = stored.hub()
    now["spec"] |= {
        "subnets": {"firewall": "10.0.0.0/26", "bastion": None},
        "jumpServer": {"zones": ["1"]},
    }
    api.store(now)
    spec = {"location": "westeurope", "addressSpace": ["10.0.0.0/22"], "jumpServer": {"zones": [1]}}
    text = json.dumps({"kind": "Hub", "metadata": {"name": "weu"}, "spec": spec})
    ran = run("diff", "-f", "-", stdin=text)
    assert (ran.code, ran.out) == (0, "hub/weu   nothing would change\n")


@pytest.mark.parametrize("command", ["apply", "diff"])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind: [", "standard input:1: expected the node content"),
        ("kind: Pod\nmetadata: {name: a}", "standard input:1: there is no kind 'Pod'"),
        ("metadata: {name: a}", "standard input:1: there is no kind 'None'"),
        ("kind: Hub\nmetadata: {}", "standard input:2: the document has no name"),
        ("kind: Hub\nmetadata: {name: 7}", "standard input:2: the document has no name"),
        ("- 1", "standard input:1: not a document"),
        ("", "there is no document in -"),
        ("# nothing", "there is no document in -"),
        ("a: 1\na: 2", "standard input:2: the key 'a' is there twice"),
        (f"{THREE}---\n{THREE}", "standard input:17: cluster/payments-prod is there twice"),
        ("kind: Hub\nspec: &a [*a]", "standard input:1: holds itself, or more than"),
        ("a: !!python/object:os.system x", "standard input:1: could not determine a constructor"),
    ],
    ids=["broken", "pod", "no kind", "no name", "number", "list", "empty", "comment", "twice", "same", "alias", "tag"],
)
def test_what_cannot_be_read_is_said(command: str, text: str, said: str, api: FakeApi, run: Run) -> None:
    """Whatever is wrong with a text: the file, the line, what; exit code 2, and nothing is sent."""
    ran = run(command, "-f", "-", stdin=text)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"Error: {said}")
    assert len(ran.err.splitlines()) == 2
    assert api.asked == []


@pytest.mark.parametrize("command", ["apply", "diff"])
def test_no_file_is_said(command: str, api: FakeApi, run: Run, tmp_path: Path) -> None:
    """No -f, a file that is not there, one that is no text: exit code 2."""
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    for names, said in (((), "no file is named"), (("x.yaml",), "x.yaml cannot"), (("binary.yaml",), "UTF-8")):
        ran = run(command, *(part for name in names for part in ("-f", name)))
        assert ran.code == 2
        assert said in ran.err
    assert api.asked == []


@pytest.mark.parametrize(
    ("answer", "code"),
    [(problem(400, "wrong", errors=[FAULT]), 4), (problem(503, "busy"), 5), ((500, {}), 2), ((200, {"steps": 3}), 2)],
    ids=["refused", "busy", "failed", "strange"],
)
def test_a_diff_that_cannot_be_made_is_no_difference(
    answer: tuple[int, stored.Json], code: int, api: FakeApi, run: Run, file: str
) -> None:
    """Exit code 1 means differences and nothing else: what goes wrong exits with 2 or more."""
    api.scripts["POST hubs/neu/plan"] = [answer]
    assert run("diff", "-f", file).code == code
