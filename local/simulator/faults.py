"""Fault rules: what goes wrong on purpose, when asked through the administration door.

A rule: `{"match": {"method", "path" (regex), "nth", "times"}, ...}` with one or more of
`"answer": {"status", "code", "message", "headers"}`, `"fail_operation": {"code", "message"}`,
`"delay": seconds` (simulated; of the operation, or of the answer where there is none or `"of": "answer"`),
`"events": "drop" | "double" | "delay" | "reorder"` (with `"seconds"`).
`nth` counts matching requests from 1; `times` bounds how often the rule acts (once for `nth`, always without).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from local.simulator.answer import ArmError

if TYPE_CHECKING:
    from local.simulator.resource import Json
    from local.simulator.store import Store

_WRITES = {"PUT", "PATCH", "DELETE", "POST"}
_EVENTS = {"drop", "double", "delay", "reorder"}


@dataclass(slots=True)
class Harm:
    """What the rules that match a request do to it."""

    answer: Json | None = None
    fail: Json | None = None
    answer_delay: float = 0.0
    operation_delay: float = 0.0
    events: list[Json] = field(default_factory=list)


class Faults:
    """The rules, with how often each matched; persisted."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rules: list[Json] = store.setting("faults", [])

    def rules(self) -> list[Json]:
        """List the rules with their counts."""
        return self._rules

    def replace(self, rules: Any) -> None:
        """Take new rules; raises ValueError for what is no rule."""
        listed = rules.get("rules") if isinstance(rules, dict) and "rules" in rules else rules
        listed = [listed] if isinstance(listed, dict) else listed
        if not isinstance(listed, list):
            raise ValueError("faults are a list of rules")  # noqa: TRY004 - what was sent is wrong
        for rule in listed:
            _check(rule)
        self._rules = [{**rule, "seen": 0, "acted": 0} for rule in listed]
        self._save()

    def harm(self, method: str, path: str) -> Harm:
        """Tell what happens to this request."""
        harm = Harm()
        for rule in self._rules:
            if _matches(rule["match"], method, path):
                rule["seen"] += 1
                if _acts(rule):
                    rule["acted"] += 1
                    _apply(rule, method, harm)
                self._save()
        return harm

    def _save(self) -> None:
        self._store.set_setting("faults", self._rules)


def refusal(answer: Json) -> ArmError:
    """Build the error that a rule answers with."""
    return ArmError(
        int(answer.get("status", 500)),
        str(answer.get("code", "InternalServerError")),
        str(answer.get("message", "An injected fault.")),
        details=answer.get("details"),
        headers={name: str(value) for name, value in (answer.get("headers") or {}).items()},
    )


def _check(rule: Any) -> None:
    if not isinstance(rule, dict) or not isinstance(rule.get("match", {}), dict):
        raise ValueError("a rule is an object with `match`")  # noqa: TRY004 - what was sent is wrong
    rule.setdefault("match", {})
    try:
        re.compile(rule["match"].get("path", ""))
    except re.error as wrong:
        raise ValueError(f"match.path is no regular expression: {wrong}") from wrong
    if not {"answer", "fail_operation", "delay", "events"} & rule.keys():
        raise ValueError("a rule has one of answer, fail_operation, delay, events")
    if "events" in rule and rule["events"] not in _EVENTS:
        raise ValueError(f"events is one of {', '.join(sorted(_EVENTS))}")


def _matches(match: Json, method: str, path: str) -> bool:
    if match.get("method") and match["method"].upper() != method:
        return False
    return re.search(match.get("path", ""), path, re.IGNORECASE) is not None


def _acts(rule: Json) -> bool:
    nth, times = rule["match"].get("nth"), rule["match"].get("times")
    if nth is not None and rule["seen"] < int(nth):
        return False
    limit = times if times is not None else (1 if nth is not None else None)
    return limit is None or rule["acted"] < int(limit)


def _apply(rule: Json, method: str, harm: Harm) -> None:
    harm.answer = rule.get("answer") or harm.answer
    harm.fail = rule.get("fail_operation") or harm.fail
    if "delay" in rule:
        of_answer = rule.get("of", "operation" if method in _WRITES else "answer") == "answer"
        if of_answer:
            harm.answer_delay += float(rule["delay"])
        else:
            harm.operation_delay += float(rule["delay"])
    if "events" in rule:
        harm.events.append({"what": rule["events"], "seconds": float(rule.get("seconds", 60))})
