"""The page of problem types has the whole error tree, and the types are what they always were."""

from __future__ import annotations

import ast

from docs import problem_types
from orchestration.triggers.problem_documents import status_of, type_of
from shared.model.errors import SpokewrightError
from tests.docs.pages import ROOT, read, rows

ALWAYS = {
    "urn:spokewright:problem:invalid": 400,
    "urn:spokewright:problem:unauthenticated": 401,
    "urn:spokewright:problem:forbidden": 403,
    "urn:spokewright:problem:notfound": 404,
    "urn:spokewright:problem:conflict": 409,
    "urn:spokewright:problem:alreadyexists": 409,
    "urn:spokewright:problem:locked": 409,
    "urn:spokewright:problem:changed": 412,
    "urn:spokewright:problem:denied": 502,
    "urn:spokewright:problem:failed": 502,
    "urn:spokewright:problem:throttled": 503,
    "urn:spokewright:problem:transient": 503,
    "urn:spokewright:problem:notready": 503,
}


def test_types_and_their_status_stay() -> None:
    """Programs rely on these: one may come, none may go or get another status."""
    assert {type_of(class_): status_of(class_)[0] for class_ in problem_types.classes()} == ALWAYS


def test_every_type_is_documented() -> None:
    """The page has each type with its status, and no other."""
    told = {row[0].strip("`"): int(row[1]) for row in rows("docs/reference/problems.md", "Types")}
    assert told == ALWAYS


def test_no_class_of_the_tree_is_forgotten() -> None:
    """Whatever the code makes a kind of our error stands on the page, wherever it is declared."""
    known = {class_.__name__ for class_ in (*problem_types.classes(), *problem_types.UNANSWERED)}
    assert SpokewrightError.__name__ in known
    for folder in ("shared", "orchestration"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef) and any(ast.unparse(parent) in known for parent in node.bases):
                    assert node.name in known, f"{path}: {node.name}"


def test_every_code_of_our_own_is_documented() -> None:
    """The page has the codes that decisions are refused with."""
    told = {row[0].strip("`") for row in rows("docs/reference/problems.md", "Codes of our own")}
    assert {"PlanChanged", "ApprovalExpired", "AlreadyRejected", "NothingToApprove", "OwnRequest"} <= told
    assert {"SignInRequired", "PrincipalRefused", "RoleNeeded", "CrossSite", "OutsideLimits"} <= told


def test_the_page_of_http_leads_there() -> None:
    """Whoever reads about the routes finds the problems."""
    assert "(problems.md)" in read("docs/reference/http.md")
