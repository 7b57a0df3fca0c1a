"""Spans: what is going on, below what it is part of, and about which document, resource and step.

What is said of a span (its document, say) holds of everything below it, and of every log line meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from opentelemetry import trace as api

from shared.telemetry import names, traceparent
from shared.telemetry.state import nanoseconds, state

if TYPE_CHECKING:
    from datetime import datetime

    from opentelemetry.context import Context
    from opentelemetry.trace import Span, Tracer

Value = str | int | float | bool
Kind = Literal["internal", "server", "client", "producer", "consumer"]

INHERITED = (names.DOCUMENT, names.INSTANCE, names.RUN, names.RESOURCE, names.STEP, names.POLL)
"""What holds of everything below a span."""

_fields: ContextVar[Mapping[str, Value]] = ContextVar("fields", default=MappingProxyType({}))
given_ids: ContextVar[tuple[int, int] | None] = ContextVar("given_ids", default=None)
"""Trace and span id of a span that is about to be recorded with ids of its own; the generator of ids reads it."""


def fields() -> Mapping[str, Value]:
    """Return what is known of what is going on: document, instance, run, resource, step."""
    return _fields.get()


def current() -> str | None:
    """Return the context of the span that is going on; None where there is none."""
    known = api.get_current_span().get_span_context()
    return traceparent.write(known.trace_id, known.span_id) if state.on and known.is_valid else None


@contextmanager
def about(attributes: Mapping[str, Value]) -> Iterator[None]:
    """Let something be known of every span and log line inside."""
    kept = {name: value for name, value in attributes.items() if name in INHERITED and value}
    token = _fields.set({**_fields.get(), **kept})
    try:
        yield
    finally:
        with suppress(ValueError):  # Thrown away, not run to its end: its context went before it.
            _fields.reset(token)


@contextmanager
def span(
    name: str,
    attributes: Mapping[str, Value] | None = None,
    *,
    kind: Kind = "internal",
    parent: str | None = None,
    links: Iterable[str] = (),
) -> Iterator[Span]:
    """Trace what happens inside; `parent` is the context of what it is part of, else that of the span around it.

    An error is named by its class and code, never by its message: others' words may hold anything.
    """
    given = dict(attributes or {})
    with about(given):
        if state.tracer is None:
            yield api.INVALID_SPAN
            return
        begun = _begin(state.tracer, name, given, kind, parent, links=links)
        with api.use_span(begun, record_exception=False, set_status_on_exception=False):
            try:
                yield begun
            except BaseException as error:
                fail(begun, getattr(error, "code", None) or type(error).__name__)
                raise
            finally:
                begun.end(state.nanoseconds())


def record(
    name: str,
    context: str,
    parent: str | None,
    times: tuple[datetime, datetime],
    attributes: Mapping[str, Value],
    error: str | None = None,
) -> None:
    """Record a span that is over, under an id that was known before: `context`."""
    ids = traceparent.read(context)
    if state.tracer is None or ids is None:
        return
    token = given_ids.set(ids)
    try:
        start = nanoseconds(times[0])
        recorded = _begin(state.tracer, name, attributes, "internal", parent, start=start, alone=parent is None)
    finally:
        given_ids.reset(token)
    if error:
        fail(recorded, error)
    recorded.end(nanoseconds(times[1]))


def note(attributes: Mapping[str, Value | None]) -> None:
    """Say more about the span that is going on."""
    going_on = api.get_current_span()
    for name, value in attributes.items():
        if value is not None:
            going_on.set_attribute(name, value)


def link(contexts: Iterable[str]) -> None:
    """Say what else led to the span that is going on; what it is a part of anyway is left out."""
    going_on = api.get_current_span()
    parent = getattr(going_on, "parent", None)
    for one in _contexts(contexts):
        if parent is None or (one.trace_id, one.span_id) != (parent.trace_id, parent.span_id):
            going_on.add_link(one)


def fail(span: Span, error: str) -> None:
    """Say that what a span tells of failed; the error is a class or a code."""
    span.set_attribute(names.ERROR, error)
    span.set_status(api.Status(api.StatusCode.ERROR, error))


def _begin(  # noqa: PLR0913 - what a span begins with
    tracer: Tracer,
    name: str,
    attributes: Mapping[str, Value],
    kind: Kind,
    parent: str | None,
    *,
    links: Iterable[str] = (),
    start: int | None = None,
    alone: bool = False,
) -> Span:
    told = {key: value for key, value in {**_fields.get(), **attributes}.items() if value not in (None, "")}
    return tracer.start_span(
        name,
        context=_root() if alone else _below(parent),
        kind=api.SpanKind[kind.upper()],
        attributes=told,
        links=[api.Link(one) for one in _contexts(links)],
        start_time=state.nanoseconds() if start is None else start,
    )


def _root() -> Context:
    return api.set_span_in_context(api.INVALID_SPAN)


def _below(parent: str | None) -> Context | None:
    """Return the context of a parent elsewhere; None for the span around."""
    for known in _contexts([parent] if parent else ()):
        return api.set_span_in_context(api.NonRecordingSpan(known))
    return None


def _contexts(texts: Iterable[str]) -> Iterator[api.SpanContext]:
    for text in texts:
        ids = traceparent.read(text)
        if ids is not None:
            yield api.SpanContext(*ids, is_remote=True, trace_flags=api.TraceFlags(api.TraceFlags.SAMPLED))
