"""Waits until something holds of documents, and says meanwhile which steps begin and end, from their histories."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cli import documents as d
from cli.errors import UNREACHABLE, ApiError, CommandError, Unreachable
from cli.moments import lasted
from cli.plans import short
from cli.printing import BAD, FAINT, GOOD, WAITING, Cell, Screen

if TYPE_CHECKING:
    from cli.client import Api
    from cli.kinds import Target

Json = dict[str, Any]
Holds = Callable[[Json | None], bool]

PAUSE = 1.0
STEPS = 50
NOT_FOUND = 404


@dataclass(slots=True)
class Followed:
    """What was seen of one document so far."""

    target: Target
    done: bool = False
    document: Json | None = None
    etag: str = ""
    told: dict[str, str] = field(default_factory=dict)
    """The results that were told already, by run, step and start."""
    reason: str = ""


class Follower:
    """Follows documents until something holds of all of them."""

    def __init__(self, api: Api, screen: Screen, *, pause: float = PAUSE, quiet: bool = False) -> None:
        self._api = api
        self._screen = screen
        self._pause = pause
        self._quiet = quiet
        self._trouble = ""

    def follow(self, targets: Sequence[Target], holds: Holds, words: str, timeout: float) -> list[Followed]:
        """Return what was seen once it holds of all; raise where the time is over."""
        followed = [Followed(target) for target in targets]
        for one in followed:
            self._remember_steps(one)
        limit = time.monotonic() + timeout
        while True:
            trouble = self._look_at_all([one for one in followed if not one.done], holds, words)
            if all(one.done for one in followed):
                return followed
            if time.monotonic() + self._pause > limit:
                raise trouble or _too_late(followed, words, timeout)
            time.sleep(self._pause)

    def _look_at_all(self, left: Sequence[Followed], holds: Holds, words: str) -> CommandError | None:
        """Look at each; return what kept the API from answering: that may pass, and is said once."""
        try:
            for one in left:
                self._look(one, holds, words)
        except CommandError as error:
            if error.exit_code != UNREACHABLE:
                raise
            if error.what != self._trouble:
                self._screen.progress(Cell("  waits   ", WAITING), f"{error.what}; it is tried again")
            self._trouble = error.what
            return error
        self._trouble = ""
        return None

    def _look(self, one: Followed, holds: Holds, words: str) -> None:
        one.document = self._read(one)
        self._tell_steps(one)
        if holds(one.document):
            one.done = True
            self._screen.line(f"{one.target} ", Cell(words, GOOD))
        else:
            self._tell_reason(one)

    def _read(self, one: Followed) -> Json | None:
        """Return the document as it is now; None where it is gone."""
        try:
            answer = self._api.get(one.target.path, etag=one.etag)
        except ApiError as error:
            if error.status == NOT_FOUND:
                return None
            raise
        if answer.status == 304:  # noqa: PLR2004 - HTTP's Not Modified
            return one.document
        one.etag = answer.etag
        return dict(answer.body)

    def _remember_steps(self, one: Followed) -> None:
        """Take note of what ended before, so that only what happens now is told."""
        one.told = {_key(step): str(step.get("result")) for step in self._steps(one) if step.get("result") != "Running"}

    def _tell_steps(self, one: Followed) -> None:
        if self._quiet:
            return
        for step in reversed(self._steps(one)):
            key, result = _key(step), str(step.get("result"))
            if one.told.get(key) != result:
                one.told[key] = result
                self._tell(one, step, result)

    def _steps(self, one: Followed) -> list[Json]:
        try:
            return list(self._api.get(f"{one.target.path}/history", {"limit": STEPS}).body["items"])
        except ApiError as error:
            if error.status == NOT_FOUND:
                return []
            raise

    def _tell(self, one: Followed, step: Json, result: str) -> None:
        what = f"{one.target}: {step.get('action')} {short(step.get('resourceId'))}"
        if result == "Running":
            self._screen.progress(Cell("  begun   ", FAINT), what, Cell(f"   {step.get('reason')}", FAINT))
        elif result == "Succeeded":
            took = lasted(step.get("started"), step.get("ended"))
            self._screen.progress(Cell("  done    ", GOOD), what, Cell(f"   {took}", FAINT))
        else:
            error = step.get("error") or {}
            self._screen.progress(Cell("  failed  ", BAD), f"{what}: {error.get('code')}: {error.get('message')}")

    def _tell_reason(self, one: Followed) -> None:
        """Say why it does not hold yet, once for each reason."""
        if one.document is None or self._quiet:
            return
        why = _why(one.document)
        if why and why != one.reason:
            one.reason = why
            self._screen.progress(Cell("  waits   ", WAITING), f"{one.target}: {why}")


def _key(step: Json) -> str:
    return f"{step.get('run')} {step.get('step')} {step.get('started')}"


def _why(document: Json) -> str:
    """Return what a document waits for, or who has to do something."""
    for type_, status in ((d.APPROVED, "False"), (d.WAITING, "True"), (d.READY, "False")):
        found = d.condition(document, type_)
        if found["status"] == status and found["message"]:
            return f"{found['reason']}: {found['message']}"
    return ""


def _too_late(followed: Sequence[Followed], words: str, timeout: float) -> CommandError:
    late = [one for one in followed if not one.done]
    told = "; ".join(f"{one.target} ({_state(one)})" for one in late)
    mend = f"see `spokewright describe {late[0].target}`, or wait longer with --timeout"
    return Unreachable(f"not {words} within {timeout:g} s: {told}", mend)


def _state(one: Followed) -> str:
    if one.document is None:
        return "it does not exist"
    return _why(one.document) or d.state_of(one.document)
