"""checkov over `infra`: it reads every file, finds nothing, and what it is told to leave alone has a reason.

It runs in an environment of its own, `.venv-infra`, which `make test` makes; without it these tests skip and say so.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.infra.bicep import INFRA, ROOT, Source, sources

CHECKOV = ROOT / ".venv-infra" / "bin" / "checkov"
SKIP = re.compile(r"// checkov:skip=(\w+)(?:: (.*))?")
FEWEST_CHECKS = 35
"""As many as passed are looked for again: a check that silently stops looking at anything is noticed."""

needs_checkov = pytest.mark.skipif(not CHECKOV.exists(), reason="`make .venv-infra/.installed` installs checkov")


def judge(folder: Path) -> dict[str, Any]:
    """Return checkov's report about a folder; it downloads nothing and sends nothing."""
    command = [str(CHECKOV), "--directory", str(folder), "--framework", "bicep", "--skip-download", "--output", "json"]
    # It mixes up what has one name in several files, in an order of its own in each run: always the same one here.
    environment = {**os.environ, "PYTHONHASHSEED": "0"}
    ended = subprocess.run(
        [*command, "--soft-fail"], capture_output=True, text=True, check=True, cwd=folder, env=environment
    )
    report: dict[str, Any] = json.loads(ended.stdout)
    return report


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    """The report about `infra`."""
    return judge(INFRA)


@needs_checkov
def test_it_finds_nothing(report: dict[str, Any]) -> None:
    """No check fails, and as many pass as ever did."""
    failed = [(one["check_id"], one["file_path"], one["resource"]) for one in report["results"]["failed_checks"]]
    assert failed == []
    assert report["summary"]["passed"] >= FEWEST_CHECKS


@needs_checkov
def test_it_reads_every_file(report: dict[str, Any]) -> None:
    """Its parser takes all of them: a file that it cannot read would pass unseen."""
    assert report["summary"]["parsing_errors"] == 0
    assert report["results"]["parsing_errors"] == []
    resources = sum(len(file.resources) for file in sources())
    assert report["summary"]["resource_count"] >= resources


@needs_checkov
def test_what_is_skipped_is_what_is_said(report: dict[str, Any]) -> None:
    """Every comment that leaves a check out leaves one out, with its reason; nothing else does."""
    said = {(repr(file), *found) for file in sources() for found in SKIP.findall(file.text)}
    skipped = {
        (one["file_path"].lstrip("/"), one["check_id"], one["check_result"]["suppress_comment"].strip())
        for one in report["results"]["skipped_checks"]
    }
    assert skipped == said
    assert not list(INFRA.rglob("*checkov*"))


def test_every_skip_has_a_reason() -> None:
    """A reason is some words, not a repetition of the check's number."""
    found = [(repr(file), *skip) for file in sources() for skip in SKIP.findall(file.text)]
    assert found
    assert [one for one in found if len(one[2].split()) < 5] == []


FAULTS = {
    "CKV_AZURE_3": ("modules/storage.bicep", "supportsHttpsTrafficOnly: true", "supportsHttpsTrafficOnly: false"),
    "CKV_AZURE_34": ("modules/storage.bicep", "publicAccess: 'None'", "publicAccess: 'Blob'"),
    "CKV_AZURE_70": ("modules/function-app.bicep", "httpsOnly: true", "httpsOnly: false"),
    "CKV_AZURE_192": ("modules/lifecycle-topic.bicep", "disableLocalAuth: true", "disableLocalAuth: false"),
}


def test_nothing_that_it_judges_has_two_meanings() -> None:
    """It takes a variable of one file for a parameter of another: then what it finds is a matter of chance."""
    defaults = {name for file in sources() for name, one in file.parameters.items() if one.default is not None}
    variables = {name for file in sources() for name in file.variables}
    assert defaults & variables == set()


@needs_checkov
def test_what_is_wrong_is_found(tmp_path: Path) -> None:
    """Faults that are put in are found. Defaults it mixes up between files: test_agreement judges those."""
    shutil.copytree(INFRA, tmp_path / "infra")
    for file, was, becomes in FAULTS.values():
        path = tmp_path / "infra" / file
        text = path.read_text()
        assert was in text
        path.write_text(text.replace(was, becomes))
    failed = {one["check_id"] for one in judge(tmp_path / "infra")["results"]["failed_checks"]}
    assert set(FAULTS) <= failed


@needs_checkov
def test_a_file_that_it_cannot_read_is_found(tmp_path: Path) -> None:
    """What its parser does not take is counted: such a construct has to be said otherwise in `infra`."""
    path = tmp_path / "lambda.bicep"
    path.write_text("var doubled = map([1, 2], one => one * 2)\n")
    assert Source(path).faults == []
    assert judge(tmp_path)["summary"]["parsing_errors"] == 1
