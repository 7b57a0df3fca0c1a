"""The page of problem types: the error tree as the HTTP API answers it. What to do about each is written here."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from orchestration.triggers.problem_documents import status_of, type_of
from shared.model.errors import RetryLaterError, SpokewrightError
from shared.store import rows

START = """\
# Problems

What the HTTP API answers where it cannot do what was asked: RFC 9457 problem documents, `application/problem+json`.

```json
{
  "type": "urn:spokewright:problem:invalid",
  "title": "What was sent cannot be accepted",
  "status": 400,
  "detail": "$.spec.addressSpace[0]: '10.0.0.1/22' has host bits; write 10.0.0.0/22",
  "code": "Invalid",
  "errors": [{"path": "$.spec.addressSpace[0]", "message": "'10.0.0.1/22' has host bits; write 10.0.0.0/22"}]
}
```

Programs read `type`, which never changes its meaning, and `code`, which says more exactly what it is: one of ours
(below), or of Azure's own where Azure refused. `title` and `detail` are for people. `errors` is there with `invalid`,
and where a request is beyond its requester's limits: each fault with its JSON path in the body, a parameter as `?name`,
a header as `$name`. `resourceId` is there where it is about one resource in Azure.

Whoever has no key or a wrong one gets 401 from the platform, without a body. Where people sign in
([access](../how-to/access.md)), 401 is a problem too, with `WWW-Authenticate`, and 403 says which role is needed
(`requiredRole`) and which the caller has (`roles`).
"""

CODES = """\
## Codes of our own

Where `code` is not just the type's name. There may be more of them later.
"""

ADVICE: dict[str, str] = {
    "Invalid": "Correct what `errors` names, and send it again.",
    "Conflict": "See `code` and `detail`: look at the document again, then decide again.",
    "Changed": "Read the document again, and send what you want with its new `ETag`.",
    "AlreadyExists": "Somebody made it this moment: read it, then decide again.",
    "Locked": "Try again after `Retry-After` seconds.",
    "Throttled": "Try again after `Retry-After` seconds.",
    "Transient": "Try again after `Retry-After` seconds.",
    "NotReady": "Try again after `Retry-After` seconds; it heals by itself.",
    "Denied": "Grant what `detail` names to the identity whose kind it is ([roles](roles.md)).",
    "Unauthenticated": "Sign in: send a token of Entra ID for the app, or use a browser at `/.auth/login/aad`.",
    "Forbidden": "Somebody else has to ask, or somebody has to let you: `detail` says whom.",
    "NotFound": "See whether the name is right: `GET /api/hubs`, `/api/spokes`, `/api/clusters` list what there is.",
    "Failed": "See `code` and `detail`, which are Azure's; mend what they say, then `POST .../retry`.",
}
"""What to do about each class that is answered."""

UNANSWERED = (SpokewrightError, RetryLaterError)
"""Branches of the tree that nothing raises itself."""


def classes() -> list[type[SpokewrightError]]:
    """Return every class of the error tree that may be answered, as the tree is read."""
    assert issubclass(rows.AlreadyExists, SpokewrightError)  # noqa: S101 - the store's own class is loaded
    return [class_ for class_ in dict.fromkeys(_below(SpokewrightError)) if class_ not in UNANSWERED]


def _below(class_: type[SpokewrightError]) -> Iterator[type[SpokewrightError]]:
    yield class_
    for child in class_.__subclasses__():
        if child.__module__.startswith("shared."):
            yield from _below(child)


def type_rows() -> Iterator[tuple[str, ...]]:
    """Yield a row for each type: its URN, status, meaning, and what to do."""
    for class_ in classes():
        meaning = (class_.__doc__ or "").strip().splitlines()[0]
        yield f"`{type_of(class_)}`", str(status_of(class_)[0]), meaning, ADVICE[class_.__name__]


def code_rows(root: Path) -> list[tuple[str, ...]]:
    """Return a row for each code that our own code gives: with its type, and the module that says it."""
    types = {class_.__name__: type_of(class_) for class_ in classes()}
    found = set()
    for folder in ("orchestration", "shared/model", "shared/plan", "shared/store"):
        for path in (root / folder).rglob("*.py"):
            for name, code in _coded(ast.parse(path.read_text(encoding="utf-8"))):
                if name in types and code != name:
                    found.add((f"`{code}`", f"`{types[name]}`", f"`{path.relative_to(root).as_posix()}`"))
    return sorted(found)


def _coded(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield the class and the code of each error that is made with one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            for word in node.keywords:
                if word.arg == "code" and isinstance(word.value, ast.Constant):
                    yield node.func.id, str(word.value.value)


def page(types: str, codes: str, notice: str) -> str:
    """Return the page, around its two tables."""
    return "\n".join([notice, START, f"## Types\n\n{types}", CODES, codes])
