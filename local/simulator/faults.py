"""Fault rules: what goes wrong on purpose, when asked through the administration door.

A rule: `{"match": {"method", "path" (regex), "nth", "every", "times"}, ...}` with one or more of
`"answer": {"status", "code", "message", "headers"}`, `"fail_operation": {"code", "message"}`,
`"delay": seconds` (simulated; of the operation, or of the answer where there is none or `"of": "answer"`),
`"events": "drop" | "double" | "delay" | "reorder"` (with `"seconds"`; see `local/simulator/harm.py`).
`nth` counts matching requests from 1; with `every` the rule acts on each N-th of them (from `nth` on, where given);
`times` bounds how often it acts (once for `nth` alone, always without). All rules that match a request act together.
A rule of `events` alone does not count reads: they send no event. A rule with a `path` like `^/topics/` acts on what
is published to a custom topic.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from local.simulator.answer import ArmError
from local.simulator.harm import Harm

if TYPE_CHECKING:
    from local.simulator.resource import Json
    from local.simulator.store import Store

_WRITES = {"PUT", "PATCH", "DELETE", "POST"}
_WHATS = {"answer", "fail_operation", "delay", "events"}
_EVENTS = {"drop", "double", "delay", "reorder"}


class Faults:
    """The rules, with how often each matched; persisted."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rules: list[Json] = store.setting("faults", [])
        for rule, (seen, acted) in zip(self._rules, store.setting("fault counts", []), strict=False):
            rule.update(seen=seen, acted=acted)

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
        self._count()
        self._store.set_setting("faults", self._rules)

    def harm(self, method: str, path: str) -> Harm:
        """Tell what happens to this request."""
        return self._harm(self._rules, method, path)

    def topic_harm(self, path: str) -> Harm:
        """Tell what happens to a POST to a custom topic: only rules act that name a path, and more than events."""
        rules = [rule for rule in self._rules if rule["match"].get("path") and _whats(rule) != {"events"}]
        return self._harm(rules, "POST", path)

    def _harm(self, rules: list[Json], method: str, path: str) -> Harm:
        harm = Harm()
        matching = [rule for rule in rules if _matches(rule, method, path)]
        for rule in matching:
            rule["seen"] += 1
            if _acts(rule):
                rule["acted"] += 1
                _apply(rule, method, harm)
        if matching:
            self._count()
        return harm

    def _count(self) -> None:
        """Write the counts alone, into the transaction of the request: a storm matches thousands of times."""
        self._store.put_setting("fault counts", [(rule["seen"], rule["acted"]) for rule in self._rules])


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
    for name, least in (("nth", 1), ("every", 1), ("times", 0)):
        number = rule["match"].get(name, least)
        if not isinstance(number, int) or number < least:
            raise ValueError(f"match.{name} is a whole number of {least} or more")
    if not _whats(rule):
        raise ValueError("a rule has one of answer, fail_operation, delay, events")
    if "events" in rule and rule["events"] not in _EVENTS:
        raise ValueError(f"events is one of {', '.join(sorted(_EVENTS))}")


def _matches(rule: Json, method: str, path: str) -> bool:
    match = rule["match"]
    if match.get("method") and match["method"].upper() != method:
        return False
    if method not in _WRITES and _whats(rule) == {"events"}:
        return False
    return re.search(match.get("path", ""), path, re.IGNORECASE) is not None


def _whats(rule: Json) -> set[str]:
    return _WHATS & rule.keys()


def _acts(rule: Json) -> bool:
    nth, every, times = (rule["match"].get(name) for name in ("nth", "every", "times"))
    if nth is not None and rule["seen"] < nth:
        return False
    if every is not None and (rule["seen"] - (nth or 0)) % every:
        return False
    limit = 1 if times is None and nth is not None and every is None else times
    return limit is None or rule["acted"] < limit


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
