"""`spokewright validate` and `explain`: from the schemas that ship with the command line, asking nobody."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cli import schema
from cli.kinds import KINDS, Kind
from tests.cli.test_cleaning import PAYLOADS, unseen

if TYPE_CHECKING:
    from tests.cli.conftest import Run

ROOT = Path(__file__).parents[2]
WRONG = """# one is fine
apiVersion: spokewright/v1
kind: Spoke
metadata: {name: payments}
spec: {hub: weu}
---
apiVersion: spokewright/v1
kind: Spoke
metadata: {name: Shop}
spec:
  hub: weu
  colour: blue
  subnets:
    - name: nodes
      prefixLength: wide
"""


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.word)
def test_the_schemas_that_ship_are_the_published_ones(kind: Kind) -> None:
    """The copy in cli/schemas is what stands in docs/schemas: `python -m docs.generate` makes it."""
    name = f"{kind.word}.schema.json"
    assert (schema.FOLDER / name).read_text() == (ROOT / "docs" / "schemas" / name).read_text()


def test_what_is_no_code_ships_too() -> None:
    """Each file of the package that is not Python is among the package's data."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"]["cli"]
    others = {path for path in (ROOT / "cli").rglob("*.*") if path.suffix not in (".py", ".pyc")}
    assert others == {path for pattern in told for path in (ROOT / "cli").glob(pattern)}


def test_examples_are_valid(run: Run) -> None:
    """Each document of each example is said to be valid."""
    ran = run("validate", "-f", str(ROOT / "examples"))
    assert (ran.code, ran.err) == (0, "")
    assert "first-cluster.yaml:28: cluster/payments-prod is valid" in ran.out
    assert run("validate", "-q", "-f", str(ROOT / "examples")).out == ""


def test_every_fault_has_its_line(run: Run, tmp_path: Path) -> None:
    """Each fault is said with file, line and path, in the order of lines; exit code 4; then what to do."""
    (tmp_path / "spokes.yaml").write_text(WRONG)
    ran = run("validate", "-f", "spokes.yaml")
    assert ran.code == 4
    assert ran.out.splitlines() == [
        "spokes.yaml:2: spoke/payments is valid",
        "spokes.yaml:9: $.metadata.name: 'Shop' is not a name: use lower-case letters, digits and hyphens between them",
        "spokes.yaml:12: $.spec.colour: is not a known field; remove it or correct its name",
        "spokes.yaml:15: $.spec.subnets[0].prefixLength: must be a whole number, but is the text 'wide'",
    ]
    assert ran.err.splitlines() == [
        "Error: 3 faults in 2 documents",
        "What to do: mend the documents; `spokewright explain KIND.FIELD` says what a field takes",
    ]


def test_a_document_that_is_there_twice_is_a_fault(run: Run) -> None:
    """Of two documents of one name nobody could tell which counts."""
    one = "{apiVersion: spokewright/v1, kind: Spoke, metadata: {name: a}, spec: {hub: weu}}\n"
    ran = run("validate", "-f", "-", stdin=f"{one}---\n{one}")
    assert ran.code == 4
    assert "standard input:3: $.metadata.name: spoke/a is there twice; the first is at standard input:1" in ran.out


@pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())
def test_hostile_documents_are_shown_clean(payload: str, run: Run) -> None:
    """Names and values that would act on the terminal do not, when they are called wrong."""
    body = {"kind": "Spoke", "metadata": {"name": payload}, "spec": {payload: payload, "hub": payload}}
    ran = run("validate", "-f", "-", stdin=json.dumps(body))
    assert ran.code == 4
    assert unseen(ran.out + ran.err) == []


def test_a_file_that_is_not_there_is_said(run: Run) -> None:
    """Exit code 2, and two lines."""
    ran = run("validate", "-f", "nowhere.yaml")
    assert ran.code == 2
    assert ran.err.startswith("Error: nowhere.yaml cannot be read")


def test_a_file_with_control_characters_is_said(run: Run, tmp_path: Path) -> None:
    """What YAML does not take at all is a fault of the file, not of the program, and shown clean."""
    (tmp_path / "x.yaml").write_text("kind: \x1b[2J\x07")
    ran = run("validate", "-f", "x.yaml")
    assert ran.code == 2
    assert ran.err.startswith("Error: x.yaml: unacceptable character")
    assert unseen(ran.err) == []


def test_kinds_are_listed(run: Run) -> None:
    """Without an argument each kind is there with what it is."""
    lines = run("explain").out.splitlines()
    assert [line.split()[0] for line in lines] == ["KIND", "Hub", "Spoke", "Cluster"]


def test_a_field_is_explained(run: Run) -> None:
    """Type, default, what is allowed, what it is for, and the fields in it, the required ones first."""
    out = run("explain", "cluster.spec.nodePools").out
    assert "FIELD:    spec.nodePools <[]NodePool>\n" in out
    assert "    Required with policy Manage.\n" in out
    assert "  count <integer> -required-\n    range: 0 to 1000\n" in out
    assert '  mode <string>\n    default: "System"\n    one of: System, User\n' in out
    assert out.index("  size <string> -required-") < out.index("  autoscale <Autoscale>")


def test_all_fields_can_be_listed(run: Run) -> None:
    """`--recursive` shows every field of every level, indented."""
    out = run("explain", "hub", "--recursive").out
    assert "      rules <[]OnboardingRule>\n        action <string> -required-\n" in out
    assert "status" not in out


def test_brackets_may_stand_in_a_path(run: Run) -> None:
    """The path of a fault can be pasted."""
    assert run("explain", "cluster.spec.nodePools[0].count").out == run("explain", "Cluster.spec.nodePools.count").out


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.word)
def test_every_field_can_be_explained(kind: Kind, run: Run) -> None:
    """Each path to a field leads to its explanation."""
    paths = list(every_path(schema.document_of(kind), kind.word))
    assert len(paths) > 20
    for path in paths:
        ran = run("explain", path)
        assert ran.code == 0
        assert f"FIELD:    {path.partition('.')[2]} <" in ran.out


def every_path(field: schema.Field, path: str) -> list[str]:
    """Return the path to each field below one."""
    return [found for one in field.fields for found in (f"{path}.{one.name}", *every_path(one, f"{path}.{one.name}"))]


@pytest.mark.parametrize(
    ("path", "mend"),
    [
        ("cluster.nodePools", "it is in `spokewright explain cluster.spec.nodePools`"),
        ("cluster.spec.nodePool", "did you mean nodePools?"),
        ("spoke.spec.hub.name", "spoke.spec.hub has no fields of its own; see `spokewright explain spoke.spec.hub`"),
        ("spoke.spec.subnets.zzz", "it has name, addressPrefix, prefixLength, role"),
        ("network", "use one of hub, hubs, spoke, spokes, cluster, clusters"),
    ],
)
def test_a_field_that_is_not_there_is_said(path: str, mend: str, run: Run) -> None:
    """Exit code 2, and where it might be."""
    ran = run("explain", path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.splitlines()[1] == f"What to do: {mend}"
