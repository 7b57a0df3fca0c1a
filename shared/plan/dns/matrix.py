"""What was seen of a cluster's API server by each consumer, and the conditions that follow. Pure.

A row is judged by what its machine printed. A row that is only asked at its servers proves the name, not the way; a
row that nobody can ask says so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from shared.model import conditions as c
from shared.model.conditions import Condition
from shared.plan import probe
from shared.plan.dns import consumers
from shared.plan.probe import Finding, Resolution

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from shared.plan.diagnosis import Diagnosis
    from shared.plan.dns.consumers import Consumer
    from shared.plan.probe import Probe
    from shared.plan.steps import Json

EVIDENCE = 400
"""Characters of output that a row keeps."""


@dataclass(frozen=True, slots=True)
class Row:
    """What one consumer saw; None where that was not measured."""

    consumer: Consumer
    resolves: Finding | None = None
    answers: Finding | None = None
    probes: tuple[Probe, ...] = ()
    unasked: str = ""
    """Why nothing was seen."""

    @property
    def wrong(self) -> Finding | None:
        """The first finding that does not hold."""
        return next((found for found in (self.resolves, self.answers) if found is not None and not found.holds), None)

    def to_json(self, checked: str) -> Json:
        """Return the stored form: a row of `GET /resolution`."""
        told = [found.message for found in (self.resolves, self.answers) if found is not None]
        first = self.wrong or self.resolves
        return {
            "consumer": self.consumer.name,
            "network": None if self.consumer.network is None else str(self.consumer.network),
            "machine": None if self.consumer.machine is None else self.consumer.machine.name,
            "servers": list(self.consumer.servers),
            "resolves": _status(self.resolves),
            "answers": _status(self.answers),
            "reason": c.NOT_VERIFIED if first is None else first.reason,
            "message": " ".join(told) or self.unasked,
            "addresses": list(dict.fromkeys(address for seen in self.probes for address in seen.addresses)),
            "checked": checked,
            "output": "\n".join(seen.evidence for seen in self.probes)[:EVIDENCE],
        }


def _status(found: Finding | None) -> str:
    if found is None:
        return "Unknown"
    return "True" if found.holds else "False"


@dataclass(frozen=True, slots=True)
class Seen:
    """What machines printed (by the key of their id), or why nothing came back."""

    outputs: Mapping[str, str]
    errors: Mapping[str, str]


def judge(rows: Iterable[Consumer], seen: Seen, name: str, endpoint: str | None) -> tuple[Row, ...]:
    """Return each row with what was seen."""
    return tuple(_judged(row, seen, name, endpoint) for row in rows)


def _judged(consumer: Consumer, seen: Seen, name: str, endpoint: str | None) -> Row:
    machine = consumer.machine
    if machine is None:
        return Row(consumer, unasked=f"no machine there can be asked ({_advice(consumer)}), so nothing was measured")
    if machine.key not in seen.outputs:
        why = seen.errors.get(machine.key, "it was not asked")
        return Row(consumer, unasked=f"machine {machine.name} could not be asked: {why}")
    parts = probe.sections(seen.outputs[machine.key])
    if not parts.keys() >= set(consumer.sections):
        # What nobody asked says nothing: to call it silent would be an alarm each time that servers change.
        return Row(consumer, unasked=f"{consumer.name} was not asked: its servers changed meanwhile; it is asked again")
    probes = tuple(probe.read(parts[section]) for section in consumer.sections)
    own = consumer.name.startswith("spoke/") and not consumer.directly
    where = f"machine {machine.name}" if own else probe.JUMP_SERVER
    found = [probe.resolvable(each, name, endpoint, where) for each in probes]
    resolves = next((finding for finding in found if not finding.holds), found[0])
    answers = None if consumer.directly else probe.reachable(probes[0], name, where)
    answers = None if answers is None else _placed(answers, consumer)
    return Row(consumer, _placed(resolves, consumer), answers, probes)


def _advice(consumer: Consumer) -> str:
    return "dns.machineId of the spoke" if consumer.name.startswith("spoke/") else "the hub's jumpServer"


def _placed(found: Finding, consumer: Consumer) -> Finding:
    """Say where something was seen, unless it was the hub's own jump server, of which the words are already."""
    if consumer.name == consumers.HUB:
        return found
    where = f"{consumer.name}: "
    return replace(found, message=where + found.message, fact=where + found.fact if found.fact else "")


def explained(row: Row, diagnosis: Diagnosis | None) -> Row:
    """Return the row with the broken link in place of what was only seen."""
    wrong = row.wrong
    if wrong is None or diagnosis is None:
        return row
    broken = f"{diagnosis.message[:1].upper()}{diagnosis.message[1:].rstrip('.')}"
    message = f"{wrong.fact or wrong.message} {broken}. What to do: {diagnosis.mend.rstrip('.')}."
    better = Finding(holds=False, reason=diagnosis.link.value, message=message[: c.SHOWN])
    return replace(row, resolves=better) if wrong is row.resolves else replace(row, answers=better)


def conditions(rows: Sequence[Row], *, moved: str = "") -> tuple[Condition, ...]:
    """Return what holds of the cluster: every row that was measured counts, the hub's words come first.

    `moved`: the address that the endpoint had until a moment ago, which a server may still have in its cache.
    """
    return (
        _condition(c.API_SERVER_RESOLVABLE, [row.resolves for row in rows], moved),
        _condition(c.API_SERVER_REACHABLE, [row.answers for row in rows], moved),
    )


def _condition(type_: str, found: Iterable[Finding | None], moved: str) -> Condition:
    measured = [finding for finding in found if finding is not None]
    wrong = [finding for finding in measured if not finding.holds]
    if not measured:
        return Condition(type=type_, status="Unknown", reason=c.NOT_VERIFIED, message="nobody could be asked")
    if not wrong:
        others = len(measured) - 1
        also = f" So it is for {others} other consumer{'s' * (others > 1)}." if others else ""
        first = measured[0]
        return Condition(type=type_, status="True", reason=first.reason, message=first.message + also)
    message = " ".join(finding.message for finding in wrong)[: c.SHOWN]
    if moved:
        words = f"the private endpoint moved from {moved} a moment ago, and not everybody knows yet: {message}"
        return Condition(type=type_, status="Unknown", reason=c.ADDRESS_MOVED, message=words[: c.SHOWN])
    return Condition(type=type_, status="False", reason=wrong[0].reason, message=message)


def stale(rows: Iterable[Row], old: str) -> bool:
    """Say whether every row that is wrong still has the endpoint's old address: a cache, which ends by itself."""
    wrong = [row for row in rows if row.wrong is not None]
    return bool(wrong) and all(_is_old(row, old) for row in wrong)


def _is_old(row: Row, old: str) -> bool:
    seen = [answer for answer in row.probes if answer.resolution is Resolution.RESOLVED]
    return bool(seen) and all(answer.addresses == (old,) for answer in seen)
