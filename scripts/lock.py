"""Writes the locks: `python -m scripts.lock`. Every package that a file of requirements brings, with its exact version.

`requirements.lock` is deployed: a build in Azure installs by `requirements.txt`, which names the lock as its
constraints, and so installs what was tested and nothing newer. The versions are those that pip chooses today for each
Python that we run on; they have to be the same for all.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTHONS = ("3.11", "3.12")
LOCKS = {"requirements.txt": "requirements.lock", "requirements-dev.txt": "requirements-dev.lock"}
NOTICE = "# Made by `python -m scripts.lock`: {name} with all that it brings; change that file, not this one.\n"
CONSTRAINT = re.compile(r"^-c .*\n", re.MULTILINE)


def main() -> None:
    """Write both locks."""
    for name, lock in LOCKS.items():
        chosen = [resolve(name, python) for python in PYTHONS]
        if any(other != chosen[0] for other in chosen):
            sys.exit(f"{name}: {PYTHONS} get different versions; pin what differs")
        text = "".join(f"{package}=={version}\n" for package, version in sorted(chosen[0].items()))
        (ROOT / lock).write_text(NOTICE.format(name=name) + text, encoding="utf-8")


def resolve(name: str, python: str) -> dict[str, str]:
    """Return what pip would install for a file of requirements, without the constraints of before."""
    with tempfile.TemporaryDirectory() as folder:
        for file in ROOT.glob("requirements*.txt"):
            text = CONSTRAINT.sub("", file.read_text(encoding="utf-8"))
            (Path(folder) / file.name).write_text(text, encoding="utf-8")
        options = ["--dry-run", "--quiet", "--ignore-installed", "--report", "-", "--target", f"{folder}/target"]
        which = ["--python-version", python, "--only-binary", ":all:", "--requirement", f"{folder}/{name}"]
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", *options, *which]
        ran = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own interpreter
    report = json.loads(ran.stdout)
    return {canonical(each["metadata"]["name"]): each["metadata"]["version"] for each in report["install"]}


def canonical(name: str) -> str:
    """Return a package's name as all of its spellings are compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    main()
