"""Nobody gets lost: every page is on the map, every anchor is a heading, every field and example has its place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from shared.model import relations
from shared.model.document import MODELS, Document, parse_request
from shared.model.schemas import schema_of
from tests.docs.pages import PAGES, ROOT, links, name_of, prose, read, rows

EXAMPLES = sorted((ROOT / "examples").glob("*.yaml"))
_ANCHOR = re.compile(r"\[[^\]]*\]\(([^)\s#]*)#([^)\s]+)\)")


def documents(path: Path) -> list[Document]:
    """Return the documents of an example."""
    return [parse_request(each) for each in yaml.safe_load_all(path.read_text(encoding="utf-8"))]


def anchors(path: Path) -> set[str]:
    """Return the anchors of a page's headings, as GitHub and most site generators make them."""
    headings = re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [*PAGES, ROOT / "examples/README.md"], ids=name_of)
def test_every_anchor_is_a_heading(page: Path) -> None:
    """A link to a part of a page leads to a heading that is there."""
    found = _ANCHOR.findall(prose(page))
    wrong = [
        f"{target}#{anchor}"
        for target, anchor in found
        if "://" not in target and anchor not in anchors((page.parent / target) if target else page)
    ]
    assert wrong == []


def test_every_page_is_on_the_map() -> None:
    """The map leads to each page of docs but the decisions, which it leads to as a folder."""
    told = {(ROOT / "docs" / target).resolve() for target in links(ROOT / "docs/index.md")}
    pages = {page for page in (ROOT / "docs").rglob("*.md") if page.parent.name != "adr"}
    assert pages - {ROOT / "docs/index.md"} <= told
    assert ROOT / "docs/adr" in told


def test_every_example_is_told_of() -> None:
    """The page of examples has each file, and its links lead somewhere."""
    told = set(links(ROOT / "examples/README.md"))
    assert {path.name for path in EXAMPLES} <= told
    assert [target for target in told if not (ROOT / "examples" / target).exists()] == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_begins_with_what_it_is(path: Path) -> None:
    """The first line of an example is a sentence about it, and its documents say more in comments."""
    assert path.read_text(encoding="utf-8").startswith("# ")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_lives_with_all_the_others(path: Path) -> None:
    """Each document of an example agrees with its own file, and with all examples of other documents."""
    mine = documents(path)
    keys = {document.key for document in mine}
    others = [each for other in EXAMPLES if other != path for each in documents(other) if each.key not in keys]
    for document in mine:
        assert relations.check(document, [*mine, *others]) == ()


@pytest.mark.parametrize("kind", MODELS)
def test_every_field_is_documented(kind: str) -> None:
    """The page of documents has each field of each object in a kind's schema, with a meaning in the spec."""
    schema = schema_of(kind)
    for name in ("spec", *schema["$defs"]):
        part = schema["$defs"].get(name, {})
        assert part.get("properties", {}).keys() <= fields(kind) | fields("What all documents have")
    assert [row[0] for row in rows("docs/reference/documents.md", kind) if not row[-1] and not is_plain(row)] == []


def fields(heading: str) -> set[str]:
    """Return the names of the fields below a heading of the page."""
    return {row[0].strip("`") for row in rows("docs/reference/documents.md", heading)}


def is_plain(row: list[str]) -> bool:
    """Say whether a field's type is all that there is to say."""
    return row[0] == "`name`"


def test_the_tutorial_shows_what_it_was_given() -> None:
    """The tutorial goes through a whole life, from documents to nothing."""
    page = read("docs/tutorial/first-cluster.md")
    for command in ("init", "validate", "diff", "apply", "wait", "describe", "resolution", "topology", "delete"):
        assert f"spokewright {command}" in page
