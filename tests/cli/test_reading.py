"""Documents from files: folders, many in one file, lines, and YAML that is JSON."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.errors import Misused
from cli.reading import read_documents, read_text

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_a_folder_is_read_by_name(tmp_path: Path) -> None:
    """Files that end in yaml, yml or json are read in the order of their names; what is below only when asked for."""
    for name in ("b.yml", "a.yaml", "c.json", "d.txt", "below/e.yaml"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f'{{"kind": "{path.stem}"}}')
    kinds = [one.body["kind"] for one in read_documents([str(tmp_path)])]
    assert kinds == ["a", "b", "c"]
    assert [one.body["kind"] for one in read_documents([str(tmp_path)], recursive=True)] == ["a", "b", "e", "c"]


def test_the_examples_can_be_read() -> None:
    """Each example is read, with its file and the line at which it begins."""
    found = {one.where.removeprefix(f"{EXAMPLES}/"): one.body["kind"] for one in read_documents([str(EXAMPLES)])}
    assert found["first-cluster.yaml:3"] == "Hub"
    assert len(found) >= 7


MANY = {
    "list": '[{"kind": "A"}, {"kind": "B"}]',
    "items": "items:\n- kind: A\n- kind: B",
    "documents": "documents: [{kind: A}, {kind: B}]",
    "stream": "kind: A\n---\nkind: B\n---\n",
}


@pytest.mark.parametrize("text", MANY.values(), ids=MANY.keys())
def test_many_documents_are_in_one_text(text: str) -> None:
    """A list, `items` as `get` gives them, `documents` as messages have them, a YAML stream."""
    assert [one.body for one in read_text(text, "x")] == [{"kind": "A"}, {"kind": "B"}]


def test_times_are_text() -> None:
    """What YAML would take for a time stays the text that it is in JSON."""
    (one,) = read_text("a: 2026-11-26\nb: 2026-11-26T10:00:00Z", "x")
    assert one.body == {"a": "2026-11-26", "b": "2026-11-26T10:00:00Z"}


def test_paths_have_lines() -> None:
    """A JSON path leads to the line of its value; one that is not there to the nearest that is."""
    (one,) = read_text("# c\nkind: Hub\nspec:\n  rules:\n    - action: auto\n    - action: no\n", "f.yaml")
    assert one.where_of("$.spec.rules[1].action") == "f.yaml:6"
    assert one.where_of("$.spec.rules[7]") == "f.yaml:5"
    assert one.where_of("$.nothing") == "f.yaml:2"


def test_an_anchor_is_followed() -> None:
    """Anchors and merges of YAML may be used."""
    first, second = read_text("- &a {kind: A, spec: {x: 1}}\n- {<<: *a, kind: B}", "x")
    assert (first.body["kind"], second.body) == ("A", {"kind": "B", "spec": {"x": 1}})


def test_what_is_nested_beyond_reason_is_refused() -> None:
    """A text that is nested too deeply is refused, not followed to the end of the stack."""
    with pytest.raises(Misused, match=r"nested|recursion|depth"):
        list(read_text("[" * 100_000, "x"))


BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefg", "bcdefgh", strict=True)
)


STRANGE = [BOMB, "kind: &a [*a]", "kind: !!binary aGk=", "kind: !!set {a}", "kind: .nan", "kind: .inf"]


@pytest.mark.parametrize("text", STRANGE)
def test_what_is_not_json_is_refused(text: str) -> None:
    """A text that unfolds without end, holds itself, or has values that JSON does not know is refused at once."""
    with pytest.raises(Misused, match=r"x:1: "):
        list(read_text(text, "x"))
