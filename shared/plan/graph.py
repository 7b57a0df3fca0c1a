"""Desired resources and what was observed, turned into ordered steps: for applying, and for taking down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from shared.model import conditions, resource_id
from shared.model.errors import Invalid
from shared.plan import words
from shared.plan.diff import differences
from shared.plan.merge import content, overlay, subtract, without
from shared.plan.observed import busy_with_children, settled, state, succeeded
from shared.plan.steps import Action, Change, Step, Wait, lookup, references, step_id

if TYPE_CHECKING:
    from shared.plan.desired import Desired
    from shared.plan.diff import Difference
    from shared.plan.observed import Observed
    from shared.plan.steps import Json


MOST_CHANGES = 50
"""Members whose change a step names."""

LONGEST_SHOWN = 300
"""Characters of a value that it shows."""


@dataclass(slots=True)
class Draft:
    """Steps under construction, by resource key, in the order in which they may run."""

    steps: dict[str, Step] = field(default_factory=dict)
    edges: dict[str, set[str]] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    waits: list[Wait] = field(default_factory=list)

    def finish(self) -> tuple[Step, ...]:
        """Return the steps with their dependencies as sorted step ids."""
        return tuple(
            replace(
                step, depends_on=tuple(sorted(self.steps[need].id for need in self.edges[key] if need in self.steps))
            )
            for key, step in self.steps.items()
        )


def build(desired: Sequence[Desired], observed: Observed) -> tuple[tuple[Step, ...], tuple[Wait, ...]]:
    """Return the steps that bring what is observed to what is desired, and what has to be waited for."""
    draft = Draft()
    for wanted, needs in ordered(desired):
        key = wanted.id.key
        draft.edges[key] = needs
        if wanted.blocked is not None:
            draft.waits.append(wanted.blocked)
        if wanted.blocked is not None or needs & draft.held:
            draft.held.add(key)
            continue
        step = decide(wanted, observed)
        if isinstance(step, Wait):
            draft.waits.append(step)
            draft.held.add(key)
        elif step is not None:
            draft.steps[key] = step
    _lock(desired, draft)
    return draft.finish(), tuple(dict.fromkeys(draft.waits))


def decide(wanted: Desired, observed: Observed) -> Step | Wait | None:
    """Return what one resource needs: nothing, a step, or a wait where it is not ours to make."""
    have = observed.get(wanted.id)
    if wanted.retired:
        return None if have is None else _removal(wanted, have)
    body = resolve(wanted.body, observed)
    if have is not None:
        return _amend(wanted, have, body)
    if wanted.adopted:
        return Wait(
            conditions.RESOURCE_MISSING, f"{words.missing(wanted.id)}; it is adopted, so its owner has to create it"
        )
    whole = body if wanted.initial is None else overlay(wanted.initial, body)
    return _step(wanted, Action.CREATE, words.missing(wanted.id), whole)


def _amend(wanted: Desired, have: Json, body: Json) -> Step | None:
    """Return what brings a resource that is there to its desired body; None where it is as it should be."""
    found = tuple(differences(without(body, wanted.unread), have, wanted.open_lists))
    if not settled(have):
        if not found and busy_with_children(have):
            return None  # The children have steps of their own.
        return _step(wanted, Action.WAIT, f"{words.name(wanted.id)} is {state(have)}")
    if wanted.broken:
        return _step(wanted, Action.DELETE, wanted.broken)
    if found and wanted.immutable:
        return _step(wanted, Action.DELETE, f"{words.phrases(found, wanted.id)}; Azure cannot change it in place")
    if found or not (succeeded(have) or wanted.adopted):
        reason = words.phrases(found, wanted.id) or f"the last operation on {words.name(wanted.id)} {state(have)}"
        return replace(_update(wanted, reason, _merged(wanted, body, have), have), changes=_changes(found))
    return None


def _merged(wanted: Desired, body: Json, have: Json) -> Json:
    """Return the body of an update; what is not compared is sent as it is, or else as it should be."""
    if not wanted.unread:
        return overlay(body, have, wanted.open_lists)
    known = overlay(have, body, wanted.open_lists)
    return overlay(without(body, wanted.unread), known, wanted.open_lists)


def teardown(desired: Sequence[Desired], observed: Observed) -> tuple[Step, ...]:
    """Return the steps that remove what is ours, in the reverse order of making it."""
    draft = Draft()
    order = list(ordered(desired))
    goes_with = _removers(desired, observed)
    for wanted, _ in reversed(order):
        key = wanted.id.key
        have = observed.get(wanted.id)
        step = _removal(wanted, have) if have is not None and goes_with[key] == key else None
        if step is None:
            continue
        users = {goes_with[other.id.key] for other, needs in order if any(goes_with[need] == key for need in needs)}
        if users & draft.held:
            draft.held.add(key)  # What uses it is busy, and will be there still when it no longer is.
            continue
        if step.action is Action.WAIT:
            draft.held.add(key)
        draft.steps[key] = step
        draft.edges[key] = users - {key}
    _lock(desired, draft)
    return draft.finish()


def _removers(desired: Sequence[Desired], observed: Observed) -> dict[str, str]:
    """Return by whose removal each resource goes: its own, or its parent's."""
    doomed = {wanted.id.key for wanted in desired if observed.get(wanted.id) is not None and not wanted.adopted}
    return {
        wanted.id.key: wanted.id.parent.key
        if wanted.dies_with_parent and wanted.id.parent.key in doomed
        else wanted.id.key
        for wanted in desired
    }


def _removal(wanted: Desired, have: Json) -> Step | None:
    if not settled(have):
        return _step(wanted, Action.WAIT, f"{words.name(wanted.id)} is {state(have)}")
    if not wanted.adopted:
        return _step(wanted, Action.DELETE, f"{words.name(wanted.id)} is no longer wanted")
    rest = subtract(wanted.body, have)
    if rest == have:
        return None
    reason = f"{words.name(wanted.id)} is given back as it was"
    return _update(wanted, reason, overlay(wanted.restored or {}, rest), have)


def _step(wanted: Desired, action: Action, reason: str, body: Json = None) -> Step:
    identity = str(wanted.id)
    return Step(step_id(identity), identity, action, reason, body, tells=wanted.tells)


def _changes(found: Sequence[Difference]) -> tuple[Change, ...]:
    return tuple(Change(one.path, _shown(one.have), _shown(one.want)) for one in found[:MOST_CHANGES])


def _shown(value: Json) -> Json:
    """Return a value as a plan shows it: a long text is cut, and so is one inside."""
    match value:
        case str():
            return value if len(value) <= LONGEST_SHOWN else f"{value[: LONGEST_SHOWN - 1]}…"
        case dict():
            return {name: _shown(item) for name, item in value.items()}
        case list():
            return [_shown(item) for item in value]
        case _:
            return value


def _update(wanted: Desired, reason: str, body: Json, have: Json) -> Step:
    """Return a write over what was read, and over nothing else."""
    step, etag = _step(wanted, Action.UPDATE, reason, body), have.get("etag")
    return replace(step, etag=etag, base=content(have) if etag and wanted.lock is not None else None)


def _lock(desired: Sequence[Desired], draft: Draft) -> None:
    """Mark the writers of one locked resource: Azure refuses a second write while one runs.

    Their order is no dependency: one that fails must not hold the others.
    """
    locks = {wanted.id.key: step_id(str(wanted.lock)) for wanted in desired if wanted.lock is not None}
    writers = Counter(locks[key] for key in draft.steps if key in locks)
    for key, step in draft.steps.items():
        if key in locks:
            alone = writers[locks[key]] == 1  # What was read is then what is written over.
            draft.steps[key] = replace(step, lock=locks[key], base=None if alone else step.base)


def ordered(desired: Sequence[Desired]) -> Iterator[tuple[Desired, set[str]]]:
    """Yield each resource after everything it needs, with the keys of those needs; otherwise in the given order."""
    known = {wanted.id.key for wanted in desired}
    needs = {wanted.id.key: _needs(wanted, known) for wanted in desired}
    waiting = {wanted.id.key: wanted for wanted in desired}
    while waiting:
        ready = next((key for key in waiting if not needs[key] & waiting.keys()), None)
        if ready is None:
            raise Invalid([], f"the resources {sorted(waiting)} need each other in a circle")
        yield waiting.pop(ready), needs[ready]


def _needs(wanted: Desired, known: set[str]) -> set[str]:
    named = [*wanted.needs, wanted.id.resource_group, wanted.id.parent]
    texts = [*map(str, named), wanted.id.scope, *_ids_in(wanted.body)]
    own = wanted.id.key
    return {found for text in texts if text for found in [_closest(text, known, own)] if found is not None}


def _closest(text: str, known: set[str], own: str) -> str | None:
    """Return the known resource, not its own, that an id names or lies in (a subnet inside its virtual network)."""
    key = resource_id.key(text)
    while key.count("/") >= 4:  # noqa: PLR2004 - the depth of a resource group
        if key in known and key != own:
            return key
        key = key.rsplit("/", 2)[0].removesuffix("/providers")
    return None


def _ids_in(body: Json) -> Iterator[str]:
    match body:
        case {"$ref": _}:
            yield from (found.resource_id for found in references(body))
        case dict():
            for value in body.values():
                yield from _ids_in(value)
        case list():
            for value in body:
                yield from _ids_in(value)
        case str() if body.startswith("/subscriptions/"):
            yield body


def resolve(body: Json, observed: Observed) -> Json:
    """Return the body with every reference filled in whose resource is there and done."""
    match body:
        case {"$ref": {"resource": target, "path": path}}:
            have = observed.get(target)
            value = lookup(have, path) if succeeded(have) else None
            return body if value is None else value
        case dict():
            return {name: resolve(value, observed) for name, value in body.items()}
        case list():
            return [resolve(value, observed) for value in body]
        case _:
            return body
