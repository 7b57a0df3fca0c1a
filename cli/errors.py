"""What can go wrong: what happened, what to do about it, and the exit code. Nothing here is shown as a traceback."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

OK = 0
GENERAL = 1
"""Something went wrong; of `diff`: there are differences."""
USAGE = 2
"""The command line, a file or the context is wrong; of `diff`: anything that went wrong."""
NOT_FOUND = 3
REFUSED = 4
"""The API refused it: 400, 401, 403, 409, 412."""
UNREACHABLE = 5
"""Nobody answered, or not in time; also of `wait`."""
INTERRUPTED = 130

STATUS_CODES = {400: REFUSED, 401: REFUSED, 403: REFUSED, 404: NOT_FOUND, 409: REFUSED, 412: REFUSED}
STATUS_CODES |= {429: UNREACHABLE, 502: UNREACHABLE, 503: UNREACHABLE, 504: UNREACHABLE}

MENDS = {
    400: "mend the document and send it again; `spokewright validate` checks it offline",
    401: (
        "keep a function key for the context, else set SPOKEWRIGHT_KEY; where people sign in by Entra ID, `az login` "
        "and name the app's application id URI by --audience: `spokewright context --help`"
    ),
    403: "ask somebody who may",
    404: "`spokewright get all` lists what is there",
    409: "look at it again with `spokewright describe`, then decide anew",
    412: "it was changed meanwhile: read it again, and repeat",
    429: "try again in a moment",
    502: "see `spokewright describe` and the app's log",
    503: "try again in a moment",
}


SIGN_IN = "`az login`, and name the app's application id URI: --audience, or `spokewright context add`"
CODES = {
    "SignInRequired": f"sign in: {SIGN_IN}",
    "PrincipalRefused": f"sign in anew, in the app's own tenant: {SIGN_IN}",
    "RoleNeeded": "ask whoever administers the app in Entra ID for the role; then `az logout`, and `az login`",
    "OutsideLimits": "ask for it where you may, or whoever runs Spokewright to let you (SPOKEWRIGHT_REQUESTERS)",
    "OwnRequest": "let somebody else decide",
}
"""What to do about codes of the API that say more than their status."""


class CommandError(Exception):
    """What ends a command: what happened, what to do, and the exit code."""

    code = GENERAL

    def __init__(self, what: str, mend: str, code: int | None = None, details: Sequence[str] = ()) -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend
        self.details = tuple(details)
        """More lines about what happened, such as one for each fault."""
        self.exit_code = self.code if code is None else code


class Misused(CommandError):
    """The command line, a file or the context is not as it has to be."""

    code = USAGE


class Missing(CommandError):
    """What was asked for is not there."""

    code = NOT_FOUND


class Unreachable(CommandError):
    """Nobody answered, or not in time."""

    code = UNREACHABLE


class ApiError(CommandError):
    """The API answered with a problem document (RFC 9457), or with another failure."""

    def __init__(self, status: int, problem: dict[str, Any], where: str = "") -> None:
        detail = str(problem.get("detail") or problem.get("title") or f"the API answered {status}")
        what = f"{where}: {detail}" if where else detail
        mend = CODES.get(
            str(problem.get("code")), MENDS.get(status, "see the app's log; the answer itself says no more")
        )
        super().__init__(what, mend, STATUS_CODES.get(status, GENERAL))
        self.status = status
        self.problem = problem
        self.detail = detail
        self.reason = str(problem.get("code") or "")

    @property
    def faults(self) -> list[tuple[str, str]]:
        """The JSON path and the message of each fault that the API names in what was sent."""
        told = self.problem.get("errors")
        found = [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []
        return [(str(one.get("path", "$")), str(one.get("message", ""))) for one in found]
