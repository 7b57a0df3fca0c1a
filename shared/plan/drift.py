"""What of a plan is drift: Azure was changed behind the document's back, while what the document wants is the same.

Pure. What was wanted of each resource when it last matched is the baseline; a step for a resource that is still wanted
so is there because somebody else changed it. Whatever else a plan has was asked for: by the document, or by what it
depends on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.model import resource_id
from shared.plan.observed import properties
from shared.plan.steps import Action, canonical

if TYPE_CHECKING:
    from shared.plan.desired import Desired
    from shared.plan.observed import Observed
    from shared.plan.steps import Json, Plan, Step

DIGITS = 16
"""Of a digest: enough to tell two bodies of one resource apart."""

COUNTED = ("numberOfRecordSets", "numberOfVirtualNetworkLinks")
"""Members that tell of a change below a resource whose ETag does not."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """A document when Azure last matched it: what was wanted of each resource, and the versions that were seen."""

    intents: Mapping[str, str]
    seen: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Drift:
    """The steps that are there because of somebody else, and those that can run without them."""

    steps: tuple[Step, ...] = ()
    rest: tuple[Step, ...] = ()

    @property
    def words(self) -> str:
        """Say every difference in plain words."""
        return "; ".join(step.reason for step in self.steps)


def find(plan: Plan, intents: Mapping[str, str], baseline: Baseline | None) -> Drift:
    """Split a plan's steps; without a baseline nothing is drift."""
    known = baseline.intents if baseline else {}
    drifted = {
        step.id
        for step in plan.steps
        if step.action is not Action.WAIT and _same(known, intents, resource_id.key(step.resource_id))
    }
    held = set(drifted)
    for step in plan.steps:  # In an order in which they may run: what a step needs stands before it.
        if held & set(step.depends_on):
            held.add(step.id)
    steps = tuple(step for step in plan.steps if step.id in drifted)
    return Drift(steps, tuple(step for step in plan.steps if step.id not in held))


def _same(known: Mapping[str, str], intents: Mapping[str, str], key: str) -> bool:
    return key in known and known[key] == intents.get(key)


def baseline(desired: Iterable[Desired], observed: Observed) -> Baseline:
    """Return what is wanted of each resource that is there, and the version of each that events tell of."""
    there = [wanted for wanted in desired if observed.get(wanted.id) is not None]
    return Baseline(intents(there), seen((wanted.id.root.key for wanted in there), observed))


def intents(desired: Iterable[Desired]) -> dict[str, str]:
    """Return by resource a digest of what is wanted of it."""
    return {wanted.id.key: _digest([wanted.body, wanted.adopted, wanted.retired]) for wanted in desired}


def seen(keys: Iterable[str], observed: Observed) -> dict[str, str]:
    """Return the versions of resources, by key."""
    bodies = {key: observed.get(key) for key in sorted(set(keys))}
    return {key: version(body) for key, body in bodies.items() if body is not None}


def version(body: Json) -> str:
    """Return what changes whenever a resource or something in it does."""
    counts = [properties(body)[name] for name in COUNTED if name in properties(body)]
    etag = body.get("etag") or body.get("eTag")
    return _digest([etag, counts] if etag else body)


def _digest(value: Json) -> str:
    return hashlib.sha256(canonical(value)).hexdigest()[:DIGITS]
