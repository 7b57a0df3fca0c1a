"""Traces of triggers and activities: where they belong, and the spans of what takes longer than any of them.

Orchestrators make no spans, they only hand on `traceparent` and `began`. A reconcile, a step and a proof begin in one
activity and end in another: their ids come from what all of their activities are given, and their spans are recorded
by the last. An activity that runs twice records them twice, under one id.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from orchestration import names as functions
from shared import clock
from shared.model.envelope import DocumentKey
from shared.model.redaction import redact
from shared.model.resource_id import ResourceId
from shared.telemetry import meter, names, trace, traceparent
from shared.telemetry.state import state

if TYPE_CHECKING:
    from shared.telemetry.trace import Value

    Json = dict[str, Any]

VERIFICATION = "verification"
DRIVEN = (functions.BEGIN_STEP, functions.POLL_STEP, functions.BEGIN_VERIFICATION, functions.POLL_VERIFICATION)
"""Activities that answer with a refusal instead of raising it."""

SERVICE_BUS_PARENTS = ("traceparent", "Diagnostic-Id")
"""Application properties in which senders give their context: W3C's own, and what Azure's SDKs call it."""

LONGEST = 200

_CONSTRAINT = re.compile(r"[:?][^}]*(?=\})")
"""What a route says of its parameters beyond their names."""

log = logging.getLogger(__name__)


async def activity(name: str, job: Json, body: Awaitable[Json]) -> Json:
    """Await the body of an activity, traced as a part of its step or reconcile."""
    with trace.span(name, _about(job), parent=_step(job) if "started" in job else _reconcile(job)) as span:
        answer = dict(await body)
        if name in DRIVEN and (error := _error(answer)):
            trace.fail(span, error)
    if state.on:
        try:
            _end(name, job, answer)
        except Exception:  # The edge: what is told of an activity must not make it run again.
            log.exception("telemetry.broken activity=%s", name)
    return answer


@contextmanager
def message(queue: str, received: Any, context: Any) -> Iterator[None]:
    """Trace the taking of a message, as a part of what its sender did, or linked to it where the host traces too."""
    properties = received.application_properties or {}
    sender = next((text for name in SERVICE_BUS_PARENTS if (text := _text(properties.get(name)))), None)
    about = {names.SYSTEM: "servicebus", names.QUEUE: queue}
    about[names.MESSAGE_ID] = redact(received.message_id or "")[:LONGEST]
    host = _host(context)
    links = [sender] if sender and host else []
    with trace.span(f"receive {queue}", about, kind="consumer", parent=host or sender, links=links):
        if received.enqueued_time_utc is not None:
            meter.record(names.QUEUE_AGE, _age(received.enqueued_time_utc, clock.now()), queue=queue)
        yield


@contextmanager
def event(context: Any) -> Iterator[None]:
    """Trace the taking of an event that Event Grid brought."""
    with trace.span("receive event", {names.SYSTEM: "eventgrid"}, kind="consumer", parent=_host(context)):
        yield


@contextmanager
def timer(name: str, context: Any) -> Iterator[None]:
    """Trace what a timer does."""
    with trace.span(f"timer {name}", kind="consumer", parent=_host(context)):
        yield


async def request(route: str, req: Any, context: Any, collections: Mapping[str, str], answer: Awaitable[Any]) -> Any:
    """Await the answer to an HTTP request, traced as a part of what its sender did."""
    plain = f"/api/{_CONSTRAINT.sub('', route)}"
    about: dict[str, Value] = {names.METHOD: req.method, names.ROUTE: plain, **_asked(req, collections)}
    parent = _host(context) or req.headers.get("traceparent")
    with trace.span(f"{req.method} {plain}", about, kind="server", parent=parent):
        given = await answer
        trace.note({names.STATUS: given.status_code})
        return given


def _asked(req: Any, collections: Mapping[str, str]) -> dict[str, Value]:
    """Return the document that a request is about: only where its name is one, for anybody may ask for anything."""
    collection, name = req.route_params.get("collection"), req.route_params.get("name")
    kind = collections.get(str(collection))
    return {names.DOCUMENT: f"{kind}/{name}"} if kind and name and len(name) <= LONGEST else {}


def _about(job: Json) -> dict[str, Value]:
    key = DocumentKey.parse(job["document"])
    told: dict[str, Value] = {names.DOCUMENT: str(key), names.INSTANCE: key.instance_id, names.RUN: job["run"]}
    if "step" in job:
        told |= {names.STEP: job["step"]["id"], names.RESOURCE: job["step"]["resourceId"]}
        told[names.ACTION] = str(job["step"]["action"])
    elif "started" in job:
        told |= {names.STEP: VERIFICATION, names.ACTION: "verify"}
    return told


def _above(job: Json) -> str | None:
    """Return the context of whoever woke the reconcile; None where nobody was traced."""
    return job.get("traceparent") or None


def _reconcile(job: Json) -> str:
    """Return the context of the reconcile's own span; one that was started before there were traces has one too."""
    above, seed = _above(job), (job["run"], job.get("began", ""))
    return traceparent.child(above, *seed) if above else traceparent.root(*seed)


def _step(job: Json) -> str:
    """Return the context of a step's own span, or of a proof's."""
    named = job["step"]["id"] if "step" in job else VERIFICATION
    return traceparent.child(_reconcile(job), named, job["started"])


def _end(name: str, job: Json, answer: Json) -> None:
    """Record what ended with an activity."""
    if name == functions.FINISH_STEP:
        _end_step(job)
    elif name == functions.RECORD_VERIFICATION:
        times = datetime.fromisoformat(job["started"]), state.clock()
        trace.record(VERIFICATION, _step(job), _reconcile(job), times, _about(job), _error(job["answer"]))
    elif name == functions.CONCLUDE:
        _end_reconcile(job, answer)


def _end_step(job: Json) -> None:
    step, answer = job["step"], job["answer"]
    outcome = str(answer["state"]).lower()
    times = datetime.fromisoformat(job["started"]), state.clock()
    about = {**_about(job), names.OUTCOME: outcome, names.TYPE: _type(step)}
    about |= {f"spokewright.{name}": answer[name] for name in ("attempts", "polls") if name in answer}
    trace.record(f"step {step['action']} {_type(step)}", _step(job), _reconcile(job), times, about, _error(answer))
    seconds = (times[1] - times[0]).total_seconds()
    meter.record(names.STEP_DURATION, seconds, type=_type(step), action=step["action"], outcome=outcome)
    if outcome == "failed":
        meter.record(names.STEP_FAILURES, 1, type=_type(step), error=answer["error"]["class"])


def _end_reconcile(job: Json, answer: Json) -> None:
    now = state.clock()
    began = datetime.fromisoformat(job["began"]) if "began" in job else now
    outcome, kind = _outcome(job, answer), job["document"].partition("/")[0]
    about = {**_about(job), names.OUTCOME: outcome, "spokewright.steps": job.get("steps", 0)}
    failed = outcome == "failed"
    reason = str(answer["outcome"]).rpartition("/")[2]
    trace.record("reconcile", _reconcile(job), _above(job), (began, now), about, reason if failed else None)
    meter.record(names.RECONCILES, 1, kind=kind, outcome=outcome)
    meter.record(names.RECONCILE_DURATION, (now - began).total_seconds(), kind=kind, outcome=outcome)
    if failed:
        meter.record(names.RECONCILE_FAILURES, 1, kind=kind, reason=reason)


def _outcome(job: Json, answer: Json) -> str:
    if answer["outcome"] in ("removed", "gone"):
        return "removed"
    if job["failures"] or not job["converged"]:
        return "failed"
    if answer["again"]:
        return "again"
    return "ready" if str(answer["outcome"]).startswith("True") else "waiting"


def _error(answer: Json) -> str | None:
    return str(answer["error"]["code"] or answer["error"]["class"]) if "error" in answer else None


def _type(step: Json) -> str:
    return ResourceId.parse(step["resourceId"]).type


def _host(context: Any) -> str | None:
    """Return the context that the Functions host traces the call with; None where it does not."""
    given = getattr(getattr(context, "trace_context", None), "trace_parent", None)
    return given if traceparent.read(given) else None


def _age(since: datetime, now: datetime) -> float:
    """Return seconds; a time without a zone is UTC, as the SDK's."""
    return max(0.0, (now - (since if since.tzinfo else since.replace(tzinfo=UTC))).total_seconds())


def _text(value: Any) -> str | None:
    text = value.decode(errors="replace") if isinstance(value, bytes) else value
    return text if traceparent.read(text) else None
