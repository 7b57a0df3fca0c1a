"""What is installed is what was tested: the locks are whole, exact, and those of this environment."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from scripts.lock import LOCKS, ROOT, canonical

PIN = re.compile(r"^([\w.-]+)==(\S+)$", re.MULTILINE)
RELOCK = "make the lock anew: .venv/bin/python -m scripts.lock"
DEPLOYED = ("shared", "orchestration", "function_app.py")
each_lock = pytest.mark.parametrize(("name", "lock"), LOCKS.items())


def pins(name: str) -> dict[str, str]:
    """Return the exact versions that a file names, those of the files that it includes too."""
    text = (ROOT / name).read_text(encoding="utf-8")
    found = {canonical(package): version for package, version in PIN.findall(text)}
    for included in re.findall(r"^-r (\S+)$", text, re.MULTILINE):
        found |= pins(included)
    return found


def brought(wanted: Requirement, seen: set[tuple[str, str]], found: dict[str, str]) -> None:
    """Add what a requirement brings here, as installed, with all that it brings."""
    package = metadata.distribution(wanted.name)
    found[canonical(wanted.name)] = package.version
    for extra in ("", *wanted.extras):
        if (canonical(wanted.name), extra) in seen:
            continue
        seen.add((canonical(wanted.name), extra))
        for each in map(Requirement, package.requires or ()):
            if each.marker is None or each.marker.evaluate({"extra": extra}):
                brought(each, seen, found)


def installed(name: str) -> dict[str, str]:
    """Return all that a file of requirements brings into this environment."""
    found: dict[str, str] = {}
    seen: set[tuple[str, str]] = set()
    for package in pins(name):
        brought(Requirement(package), seen, found)
    return found


@each_lock
def test_a_lock_names_all_that_is_brought_and_nothing_else(name: str, lock: str) -> None:
    """Each package that the requirements bring is locked at the version with which these tests run."""
    assert pins(lock) == installed(name), RELOCK


@each_lock
def test_a_lock_keeps_what_is_pinned(name: str, lock: str) -> None:
    """A version that people chose is the locked one, and the requirements name their lock."""
    assert pins(name).items() <= pins(lock).items(), RELOCK
    assert f"\n-c {lock}\n" in (ROOT / name).read_text(encoding="utf-8")


def test_what_is_deployed_is_what_was_tested() -> None:
    """The lock of what is deployed is a part of the one for development."""
    assert pins("requirements.lock").items() <= pins("requirements-dev.lock").items()


def test_no_rule_of_security_is_off_where_it_counts() -> None:
    """Ruff's rules of security hold for all that is deployed; each exception stands in its line, with its reason."""
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["lint"]
    assert lint["select"] == ["ALL"]
    security = re.compile(r"S\d*$")
    assert [rule for rule in lint["ignore"] if security.match(rule)] == []
    off = {glob: rules for glob, rules in lint["per-file-ignores"].items() if any(map(security.match, rules))}
    assert set(off) <= {"tests/**"}


@pytest.mark.parametrize("place", DEPLOYED)
def test_exceptions_from_security_say_why(place: str) -> None:
    """A `noqa` of a security rule in what is deployed says what makes it harmless; there are few."""
    files = [ROOT / place] if place.endswith(".py") else sorted((ROOT / place).rglob("*.py"))
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    excepted = [line for line in lines if re.search(r"noqa: .*\bS\d{3}\b", line)]
    assert [line for line in excepted if not re.search(r"noqa: [A-Z0-9, ]+ - \w+", line)] == []
    assert len(excepted) <= len(files) // 20


def test_the_lock_is_found() -> None:
    """The locks lie where requirements say, beside them."""
    assert all(Path(ROOT / lock).is_file() for lock in LOCKS.values())
