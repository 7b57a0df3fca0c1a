"""The commands that show: describe, history, audit, events, resolution, topology."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
import yaml

from tests.cli import stored
from tests.cli.fake_api import HASH, FakeApi, problem

if TYPE_CHECKING:
    from tests.cli.conftest import Run


@pytest.fixture
def full(api: FakeApi) -> FakeApi:
    """Return an API that has something to say about everything."""
    waits = stored.condition("Waiting", "True", "HubNotReady", "the firewall has no address yet")
    failed = stored.condition("Ready", "False", "StepFailed", "routes: no such role")
    api.store(stored.spoke(failed, waits, stored.DRIFTED, approval=stored.APPROVAL))
    api.answers = {
        "spokes/payments/history": {"items": [stored.FAILED, stored.step(), stored.step(9, run="older")]},
        "spokes/payments/audit": stored.AUDIT,
        "audit": stored.SERVICE_AUDIT,
        "spokes/payments/plan": stored.PLAN,
        "events": stored.EVENTS,
        "resolution": stored.RESOLUTION,
        "overview": stored.OVERVIEW,
    }
    return api


def sections(text: str) -> dict[str, list[str]]:
    """Return what stands below each title."""
    blocks = [block.splitlines() for block in re.split(r"\n\n", text.strip())]
    return {block[0]: block[1:] for block in blocks}


@pytest.mark.usefixtures("full")
def test_describe_says_everything(run: Run) -> None:
    """What it asks for, conditions, what it waits for, approval, the last run's steps, events, decisions, advice."""
    ran = run("describe", "spoke/payments")
    told = sections(ran.out)
    assert ran.code == 0
    assert ran.out.startswith("spoke/payments   False   StepFailed, Drifted\n")
    assert "  hub                                 weu" in told["Asks for"]
    assert told["Conditions"][0].split() == ["TYPE", "STATUS", "REASON", "SINCE", "MESSAGE"]
    assert len(told["Conditions"]) == 4
    assert told["Waits for"] == ["  HubNotReady   the firewall has no address yet"]
    assert any("hash" in line and line.endswith(HASH) for line in told["Approval"])
    steps = told["Steps of the last plan"]
    assert [line.split()[2] for line in steps[1:]] == ["2m05s", "2m05s"]
    assert any(line.endswith("AuthorizationFailed: no such role") for line in steps)
    assert "Spoke.Attached" in told["Recent events"][1]
    assert "Kim" in told["Decisions"][1]
    assert told["What to do next"] == [
        "  Mend the cause that Azure names, then: spokewright retry spoke/payments",
        "  Nothing: it goes on by itself. To see how far the hub is: spokewright describe hub/weu",
        "  Nothing: what was changed is being repaired. Who changed it stands in Azure's activity log",
    ]
    assert "What a reconcile would do now" not in told


def test_describe_shows_the_plan_when_asked(full: FakeApi, run: Run) -> None:
    """`--plan` has the app look at Azure now."""
    told = sections(run("describe", "spoke", "payments", "--plan").out)
    assert told["What a reconcile would do now"][0] == "    1 + routeTables/rt: route table rt is missing"
    assert "spokes/payments/plan" in [one.path for one in full.asked]


@pytest.mark.parametrize(
    ("document", "advice"),
    [
        (stored.spoke(), "Nothing: it is as it asks to be"),
        (
            stored.spoke(stored.condition("Approved", "False", "ApprovalNeeded", "asks")),
            "Decide about its plan: spokewright approve spoke/payments, or: spokewright reject spoke/payments",
        ),
        (stored.spoke(observedGeneration=0), "Wait for it: spokewright wait spoke/payments --for=condition=Ready"),
        (
            stored.spoke(stored.READY, stored.DRIFTED) | {"spec": {"hub": "weu", "drift": "report"}},
            "Its policy is to report drift only. To have it repaired, set spec.drift to repair and apply it",
        ),
    ],
    ids=["ready", "asks", "not looked at", "drift"],
)
def test_describe_says_what_to_do_next(document: stored.Json, advice: str, api: FakeApi, run: Run) -> None:
    """One sentence for each state in which a person can do something, and one where nothing is to be done."""
    api.store(document)
    api.answers["events"] = {"events": []}
    assert sections(run("describe", "spoke/payments").out)["What to do next"] == [f"  {advice}"]


@pytest.mark.parametrize(
    ("document", "advice"),
    [
        (
            stored.hub(stored.condition("DnsServersAnswer", "False", "DnsServerFails", "10.0.1.5 does not answer")),
            "Mend the server that the message names; to have it asked again now: spokewright retry hub/weu",
        ),
        (
            stored.hub(stored.condition("Ready", "False", "DnsChanging", "next: payments")),
            "Nothing: it goes on by itself. To see how far networks are: spokewright dns weu",
        ),
        (
            stored.cluster(stored.condition("ApiServerResolvable", "False", "DnsServerDoesNotForward", "no")),
            "Mend what the message names. To see who else cannot: spokewright resolution payments-prod",
        ),
        (
            stored.cluster(stored.condition("ApiServerReachable", "False", "FirewallDenies", "no")),
            "Mend what the message names. To see who else cannot: spokewright resolution payments-prod",
        ),
    ],
    ids=["a server", "on their way", "the name", "the way"],
)
def test_describe_says_what_to_do_about_names(document: stored.Json, advice: str, api: FakeApi, run: Run) -> None:
    """Of DNS servers, networks that are pointed at them, and any broken link of the chain to an API server."""
    api.store(document)
    api.answers["events"] = {"events": []}
    told = sections(run("describe", document["kind"].lower(), document["metadata"]["name"]).out)
    assert told["What to do next"][0] == f"  {advice}"


def test_describe_shows_how_far_the_networks_are(api: FakeApi, run: Run) -> None:
    """Of a hub its servers and whose turn it is, instead of its outputs about them; an older app has none of it."""
    api.answers = {"events": {"events": []}, "hubs/weu/dns": stored.DNS}
    api.store(stored.hub(outputs={"dns": {"hub": ["10.0.1.4"]}, "dnsProof": {"generation": 7}}))
    told = sections(run("describe", "hub/weu").out)
    assert "  1 of 4 networks have theirs; next: payments" in told["DNS"]
    assert "Outputs" not in told
    del api.answers["hubs/weu/dns"]
    ran = run("describe", "hub/weu")
    assert (ran.code, "DNS" in sections(ran.out)) == (0, False)


def test_describe_leaves_rows_to_the_resolution(api: FakeApi, run: Run) -> None:
    """What each consumer saw of a cluster is much, and has its own command."""
    api.answers["events"] = {"events": []}
    api.store(stored.cluster(outputs={"verification": {"consumers": stored.CONSUMERS, "endpointAddress": "10.64.0.4"}}))
    told = sections(run("describe", "cluster/payments-prod").out)
    assert [line.split()[0] for line in told["Outputs"]] == ["verification.endpointAddress"]


def test_describe_knows_a_deletion(api: FakeApi, run: Run) -> None:
    """A document that goes says so, and how to see it go."""
    document = stored.spoke()
    document["metadata"]["deletionRequested"] = stored.TIME
    api.store(document)
    api.answers["events"] = {"events": []}
    out = run("describe", "spoke/payments").out
    assert out.startswith("spoke/payments   True   Deleting\n")
    assert out.endswith("To see it go: spokewright wait spoke/payments --for=delete\n")


def test_history_is_a_table(full: FakeApi, run: Run) -> None:
    """Steps as they come, newest first, with what they took; the number is the API's to keep."""
    lines = run("history", "spoke/payments", "--limit", "7").out.splitlines()
    assert lines[0].split() == ["STARTED", "TOOK", "RESULT", "ACTION", "RESOURCE", "REASON"]
    assert lines[1].split()[2:6] == ["2m05s", "Failed", "create", "routes/r2"]
    assert len(lines) == 4
    assert full.asked[0].params["limit"] == ["7"]


@pytest.mark.usefixtures("full")
def test_the_audit_is_a_table(run: Run) -> None:
    """Who, what, about which plan, and whether the platform vouches for who."""
    line = run("audit", "spoke/payments").out.splitlines()[1]
    assert line.split()[2:] == ["approve", "Kim", "no", "http", "2", HASH[:12], "known"]


@pytest.mark.usefixtures("full")
def test_the_audit_of_the_service_is_a_table(run: Run) -> None:
    """Without a document: sweeps, and calls that were refused."""
    line = run("audit").out.splitlines()[1]
    assert line.split()[2:8] == ["sweep", "refused", "Kim", "no", "http", "this"]


@pytest.mark.usefixtures("full")
def test_events_are_a_table(run: Run) -> None:
    """What went out, and how many of Azure's events were malformed."""
    lines = run("events").out.splitlines()
    assert lines[1].split()[2:] == ["Spoke.Attached", "Spoke/payments", "Provisioned", "as", "it", "asks"]
    assert lines[2] == "malformed events that came in: day 2026-11-26, malformed 3"


def test_events_are_watched(api: FakeApi, run: Run) -> None:
    """What went out before, oldest first, then each event once as it goes out."""
    first = stored.EVENTS["events"][0]
    second, third = first | {"id": "2", "type": "Two"}, first | {"id": "3", "type": "Three"}
    pages = [[second, first], [second, first], [third, second, first]]
    api.scripts["GET events"] = [(200, {"events": page}) for page in pages] + [problem(503, "busy")]
    ran = run("events", "--watch", "--every", "0.01s")
    assert ran.code == 5
    assert [line.split("   ")[1] for line in ran.out.splitlines()] == ["Spoke.Attached", "Two", "Three"]


@pytest.mark.usefixtures("full")
def test_topology_is_a_tree(run: Run) -> None:
    """Hubs, spokes, clusters, each with how it is; what has no parent says so."""
    assert run("topology").out.splitlines() == [
        "hub/weu  True  10.0.0.0/22, firewall 10.0.0.4, jump server, peerings: 1",
        "└─ spoke/payments  True  10.64.0.0/22, attached  drifted",
        "   └─ cluster/payments-prod  False  DoesNotAnswer  resolves"
        if False
        else "   └─ cluster/payments-prod  False  DoesNotAnswer",
        "cluster/lost  Unknown      its parent does not exist",
    ]


@pytest.mark.usefixtures("full")
def test_topology_is_drawn(run: Run) -> None:
    """SVG that is XML with a box for each document, Graphviz and Mermaid with a line for each attachment."""
    svg = ET.fromstring(run("topology", "-o", "svg").out)  # noqa: S314 - made here
    texts = [one.text for one in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert {"hub/weu", "spoke/payments", "cluster/payments-prod", "cluster/lost"} <= set(texts)
    assert len(list(svg.iter("{http://www.w3.org/2000/svg}line"))) == 2
    assert run("topology", "-o", "dot").out.count(" -- ") == 2
    assert run("topology", "-o", "mermaid").out.count(" --- ") == 2
    assert json.loads(run("topology", "-o", "json").out) == stored.OVERVIEW


@pytest.mark.parametrize("output", ["svg", "dot", "mermaid"])
def test_a_name_cannot_be_more_than_a_name(output: str, full: FakeApi, run: Run) -> None:
    """Quotes, brackets and line breaks in a name stay within its box."""
    name = '"];x["</text><script>alert(1)</script>\\"\n--> evil'
    full.answers["overview"] = {"hubs": [{"name": name, "ready": "True", "reason": name}], "orphans": []}
    out = run("topology", "-o", output).out
    if output == "svg":
        tags = [one.tag.rpartition("}")[2] for one in ET.fromstring(out).iter()]  # noqa: S314 - made here
        assert tags == ["svg", "rect", "g", "title", "rect", "text", "text"]
    else:
        assert len(out.splitlines()) == {"dot": 5, "mermaid": 3}[output]
        assert out.count('"') - out.count('\\"') == {"dot": 6, "mermaid": 2}[output]


def test_topology_of_one_hub(full: FakeApi, run: Run) -> None:
    """One hub alone; a hub that nobody knows exits with 3."""
    full.answers["overview"] = {"hubs": [{"name": "weu", "ready": "True"}, {"name": "neu", "ready": "True"}]}
    assert run("topology", "--hub", "neu").out == "hub/neu  True  no firewall address yet, no jump server\n"
    ran = run("topology", "--hub", "nix")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.startswith("Error: there is no hub nix\n")


DNS_SHOWN = {
    "by Azure": ({"mode": "azure", "answers": "Unknown"}, ""),
    "answers": ({"mode": "forwarder", "answers": "True"}, ", dns by forwarder"),
    "fails": ({"mode": "external", "answers": "False"}, ", dns by external, which fails"),
    "new": ({"mode": "resolver", "answers": "Unknown"}, ", dns by resolver, not proven"),
    "of an older app": ({"mode": "azure"}, ""),
}


@pytest.mark.parametrize("name", DNS_SHOWN)
def test_topology_says_who_answers_names(name: str, full: FakeApi, run: Run) -> None:
    """Of a hub with DNS servers which, and whether they answer; what Azure answers is not worth a word."""
    dns, words = DNS_SHOWN[name]
    full.answers["overview"] = {"hubs": [{"name": "weu", "ready": "True", "dns": dns}]}
    assert run("topology").out == f"hub/weu  True  no firewall address yet, no jump server{words}\n"


SHOWING = [("history", "spoke/payments"), ("audit", "spoke/payments"), ("events",), ("resolution",), ("topology",)]


@pytest.mark.parametrize("command", SHOWING, ids=" ".join)
def test_all_of_them_speak_json_and_yaml(command: tuple[str, ...], full: FakeApi, run: Run) -> None:
    """For programs: what the API said, as it said it."""
    path = "/".join(command).replace("history/spoke/payments", "spokes/payments/history")
    path = path.replace("audit/spoke/payments", "spokes/payments/audit").replace("topology", "overview")
    assert json.loads(run(*command, "-o", "json").out) == full.answers[path]
    assert yaml.safe_load(run(*command, "-o", "yaml").out) == full.answers[path]


@pytest.mark.parametrize("command", SHOWING, ids=" ".join)
def test_nothing_is_no_failure(command: tuple[str, ...], api: FakeApi, run: Run) -> None:
    """Where there is nothing yet, the output stays empty, and the error stream says so in one line."""
    api.answers = {"events": {"events": []}, "resolution": {"items": []}, "overview": {"hubs": []}}
    ran = run(*command)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (0, "", 1)


@pytest.mark.usefixtures("api")
@pytest.mark.parametrize("command", ["describe", "history", "audit"])
def test_a_document_that_is_not_there_is_said(command: str, run: Run) -> None:
    """Exit code 3, the API's words, and where to look."""
    ran = run(command, "spoke/nix")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err == (
        "Error: there is no document spokes/nix\nWhat to do: `spokewright get all` lists what is there\n"
    )


@pytest.mark.parametrize("command", ["describe", "history", "audit", "approve", "reject"])
def test_more_than_one_document_is_refused(command: str, api: FakeApi, run: Run) -> None:
    """What is about one document takes one."""
    ran = run(command, "spoke/a", "spoke/b")
    assert ran.code == 2
    assert ran.err.startswith("Error: more than one document is named\n")
    assert api.asked == []


@pytest.mark.usefixtures("full")
def test_a_cluster_that_is_not_there_is_said(run: Run) -> None:
    """The resolution of a cluster that nobody knows exits with 3."""
    ran = run("resolution", "nix")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.startswith("Error: there is no cluster nix\n")


@pytest.mark.parametrize("command", [("events",), ("resolution",), ("topology",), ("sweep",)], ids=" ".join)
def test_an_api_that_fails_is_said(command: tuple[str, ...], api: FakeApi, run: Run) -> None:
    """A problem document becomes two lines and an exit code."""
    api.refusal = problem(503, "the store is busy")
    ran = run(*command)
    assert (ran.code, ran.out) == (5, "")
    assert ran.err == "Error: the store is busy\nWhat to do: try again in a moment\n"
