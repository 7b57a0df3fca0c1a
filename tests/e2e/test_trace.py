"""One provisioning as one trace: from the message to the last look at an operation, with the document on every span."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from local.demo.client import Client
from local.stack import Options, Stack
from shared.telemetry import names
from tests.e2e.damage import NO_EVENTS
from tests.e2e.stage import Json, all_ready, example, requests, until
from tests.telemetry.told import DOCUMENT, RESOURCE, RUN, STEP, Span, Told, twice

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

SPEED = 120.0
DOCUMENTS = ("Hub/weu", "Spoke/payments", "Cluster/payments-prod")
SENDER = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"
OTHERS = "00-fedcba9876543210fedcba9876543210-fedcba9876543210-01"
ROUTE = names.ROUTE
METHODS = ("GET", "PUT", "DELETE", "POST", "PATCH")
AT_ONCE = ("consumer", "producer")
"""Kinds of spans that end when something was handed on, which goes on below them."""


@dataclass(frozen=True, slots=True)
class Provisioned:
    """What was told of one provisioning, and what the simulated Azure was asked meanwhile."""

    told: Told
    journal: list[Json]
    client: Client
    path: Path

    @property
    def message(self) -> Span:
        """The span of the one message."""
        (found,) = self.told.named("receive provisioning-requests")
        return found

    @property
    def trace(self) -> list[Span]:
        """All spans of the message's trace."""
        return [span for span in self.told.spans if span.key[0] == self.message.key[0]]

    @property
    def polls(self) -> list[Json]:
        """The looks at operations."""
        return [line for line in self.journal if line["method"] == "GET" and line["operation"]]

    def of(self, line: Json) -> Span:
        """Return the one span of a request in the journal."""
        (found,) = [span for span in self.told.spans if span.context == line["traceparent"]]
        return found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def made(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Provisioned]:
    """Yield what was told of the first cluster; the hub was asked for again over HTTP while it was made."""
    directory = tmp_path_factory.mktemp("stack")
    path = directory / "telemetry.jsonl"
    settings = {
        "SPOKEWRIGHT_SWEEP_MINUTES": "10000",
        "SPOKEWRIGHT_TELEMETRY": f"file:{path}",
        "OTEL_METRIC_EXPORT_INTERVAL": "500",
    }
    async with Stack(Options(directory, SPEED, settings=settings)) as stack, Client(stack.endpoints) as client:
        await client.break_azure([NO_EVENTS])  # Echoes of our writes are looked at in traces of their own.
        await client.send({"documents": example()}, message_id="apply-1")

        async def begun() -> bool:
            return any("azureFirewalls" in line["path"] for line in requests(await client.journal(), "PUT"))

        await until(begun)
        assert (await client.ask("POST", "hubs/weu/retry", traceparent=OTHERS))[0] == 202
        await until(lambda: all_ready(client))
        await asyncio.sleep(1.5)  # The last conclusions, and the metrics.
        told, journal = Told.read(path), requests(await client.journal(), *METHODS)
        yield Provisioned(told, journal, client, path)


async def test_each_call_has_exactly_one_span(made: Provisioned) -> None:
    """Azure was told the context of each call, which is one span's; no span is of a call that was not sent."""
    calls = [span.context for span in made.told.spans if span.line["kind"] == "client"]
    sent = [line["traceparent"] for line in made.journal]
    assert len(sent) > 200
    assert twice(calls) == twice(sent) == []
    assert set(sent) - set(calls) == set()
    # Requests that come after the journal was read have spans only in later lines of the file.
    assert len(set(calls) - set(sent)) == 0
    for line in made.journal:
        span = made.of(line)
        said = (span[names.METHOD], span[names.STATUS], span[names.API_VERSION])
        assert said == (line["method"], line["status"], line["apiVersion"])


async def test_everything_is_one_trace(made: Provisioned) -> None:
    """Every write, every look at an operation, every activity and step of all three documents is in the message's."""
    ids = {span.key[0] for span in made.told.spans if span[RUN]}
    assert ids == {made.message.key[0]}
    acts = [line for line in made.journal if line["method"] in ("PUT", "DELETE", "POST")] + made.polls
    assert len(made.polls) > 50
    outside = [line["path"] for line in acts if made.of(line).key[0] != made.message.key[0]]
    assert [path for path in outside if "Microsoft.ResourceGraph" not in path] == []


@pytest.mark.parametrize("document", DOCUMENTS)
async def test_from_the_message_to_the_last_poll(made: Provisioned, document: str) -> None:
    """A document's last look at an operation is below a poll, a step, a reconcile, a wake, and the message."""
    polls = [line for line in made.polls if made.of(line)[DOCUMENT] == document]
    assert polls
    last = made.of(polls[-1])
    path = [span.name.split(" ")[0] for span in made.told.above(last)]
    assert path[0] in ("poll_step", "poll_verification")
    assert path[1] in ("step", "verification")
    assert path[2:4] == ["reconcile", "wake"]
    assert path[-1] == "receive"
    assert list(made.told.above(last))[-1].key == made.message.key


async def test_every_span_names_its_document(made: Provisioned) -> None:
    """No span of the trace is without a document; a step's and what is below it name step and resource as well."""
    assert [span.name for span in made.trace if not span[DOCUMENT]] == []
    assert {document for span in made.trace for document in span[DOCUMENT].split(", ")} == set(DOCUMENTS)
    for span in made.trace:
        if any(above.name.startswith("step ") for above in made.told.above(span)):
            assert span[STEP], span.name
            assert span[RESOURCE], span.name
    for line in made.polls:
        span = made.of(line)
        assert span.name == f"poll {span[names.TYPE]}"
        assert span[RESOURCE].lower() in {
            above[RESOURCE].lower() for above in made.told.above(span) if above[RESOURCE]
        } or (span[STEP] == "verification")


async def test_nothing_is_an_orphan(made: Provisioned) -> None:
    """Each span's parent is there, once; none is its own."""
    keys = [span.key for span in made.told.spans]
    assert twice(keys) == []
    given = {tuple(OTHERS.split("-")[1:3])}
    lost = [span.name for span in made.told.spans if span.parent and span.parent not in {*keys, *given}]
    assert lost == []


async def test_times_nest(made: Provisioned) -> None:
    """Nothing begins before what it is a part of, and ends after it only where that handed it on."""
    known = {span.key: span for span in made.told.spans}
    for span in made.told.spans:
        above = known.get(span.parent) if span.parent else None
        if above is None:
            continue
        assert span.times[0] >= above.times[0], (span.name, above.name)
        assert span.times[1] <= above.times[1] or above.line["kind"] in AT_ONCE, (span.name, above.name)
        assert span.times[0] <= span.times[1]
    firewall = next(span for span in made.told.named("step create Microsoft.Network/azureFirewalls"))
    assert (firewall.times[1] - firewall.times[0]).total_seconds() > 250  # As long as it takes in Azure.


async def test_a_wake_while_it_runs_is_linked(made: Provisioned) -> None:
    """The hub was asked for again while it was made: a look of the first trace is linked to the other's wake."""
    trace = OTHERS.split("-")[1]
    asked, woken = (span for span in sorted(made.told.spans, key=lambda one: one.times) if span.key[0] == trace)
    assert (asked.name, woken.name) == ("POST /api/{collection}/{name}/retry", "wake")
    assert asked[DOCUMENT] == woken[DOCUMENT] == "Hub/weu"
    assert asked.parent == tuple(OTHERS.split("-")[1:3])
    linked = [span for span in made.trace if woken.key in span.links]
    assert [span.name for span in linked] == ["plan_document"]


async def test_no_url_gets_in(made: Provisioned) -> None:
    """No attribute of a span has a query, an address or a body in it."""
    values = {
        str(value) for span in made.told.spans for name, value in span.line["attributes"].items() if name != ROUTE
    }
    assert [value for value in values if "?" in value or "://" in value or "{" in value] == []


async def test_lines_are_structured_and_in_the_trace(made: Provisioned) -> None:
    """What a reconcile logs names document, instance and run, and stands in the trace."""
    lines = [line for line in made.told.logs if line["attributes"]["event.name"] == "plan.made"]
    assert {line["attributes"]["document"] for line in lines} == set(DOCUMENTS)
    assert {line["trace"] for line in lines} == {made.message.key[0]}
    for line in lines:
        assert line["attributes"]["instance"] == line["attributes"]["document"].replace("/", ".").lower()
        assert line["attributes"]["run"]
        assert isinstance(line["attributes"]["steps"], int)


async def test_metrics_are_as_documented(made: Provisioned) -> None:
    """Each series is counted by what its metric says, and those of a provisioning are all there."""
    known = {metric.name: metric for metric in names.METRICS}
    for line in made.told.metrics:
        assert line["attributes"].keys() == set(known[line["name"]].by), line["name"]
        assert line["unit"] == known[line["name"]].unit
    seldom = {names.EVENTS, names.RECONCILE_FAILURES, names.STEP_FAILURES, names.DRIFT_DIFFERENCES, names.THROTTLES}
    assert known.keys() - {line["name"] for line in made.told.metrics} <= {metric.name for metric in seldom}


async def test_calls_are_counted(made: Provisioned) -> None:
    """The last count of calls is the number of requests in the journal."""
    last = {
        json.dumps(line["attributes"], sort_keys=True): line["value"]
        for line in made.told.metrics
        if line["name"] == names.CALLS.name
    }
    assert sum(last.values()) == len(made.journal)


async def test_what_is_asked_anew_has_its_own_trace(made: Provisioned) -> None:
    """Once all is ready another request is another trace, whose parent is its sender's."""
    assert (await made.client.ask("POST", "spokes/payments/retry", traceparent=SENDER))[0] == 202
    trace = SENDER.split("-")[1]

    async def concluded() -> bool:
        spans = Told.read(made.path).named("reconcile")
        return any(span.key[0] == trace and span[DOCUMENT] == "Spoke/payments" for span in spans)

    await until(concluded)
