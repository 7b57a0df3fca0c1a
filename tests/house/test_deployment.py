"""What is deployed, and that it starts with nothing but its own requirements."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pathspec
import pytest

from scripts.lock import canonical
from tests.house.test_supply_chain import PIN, pins

ROOT = Path(__file__).parents[2]
DEPLOYED = {"function_app.py", "host.json", "requirements.txt", "requirements.lock"}
STAYS = ("local", "cli", "tests", "bench", "infra", "docs", "examples", ".venv", ".git", ".ci")
LEFT_OVER = (
    "local.settings.json",
    ".env",
    ".local/store.db",
    "shared/.DS_Store",
    "shared/.env",
    "shared/plan/__pycache__/graph.cpython-312.pyc",
    "shared/plan/__pycache__/notes.txt",
    "shared/store/store.db",
    "shared/web/static/index.html.orig",
    "orchestration/.mypy_cache/3.12/app.meta.json",
    "orchestration/app.py~",
    "orchestration/.app.py.swp",
    "orchestration/host.log",
    "infra/main.bicep",
    "tests/house/test_deployment.py",
)
"""What lies about where people work; some of it holds secrets."""

SUFFIXES = {".css", ".html", ".js", ".json", ".lock", ".mjs", ".py", ".svg", ".txt"}
LARGEST = 1024 * 1024
"""Bytes of the package, which each new instance fetches before it starts: it has some 450 kB."""

SETTINGS = {"SPOKEWRIGHT_STORE": "sqlite:unused.db", "SERVICE_BUS": "unused"}


def deployed_files() -> set[str]:
    """Return what `.funcignore` leaves to be deployed, as Core Tools read it: like `.gitignore`."""
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return left(path for path in tracked.splitlines() if (ROOT / path).is_file())


def left(paths: Iterable[str]) -> set[str]:
    """Return what of some paths is not ignored."""
    ignored = pathspec.GitIgnoreSpec.from_lines((ROOT / ".funcignore").read_text().splitlines())
    return {path for path in paths if not ignored.match_file(path)}


def package(target: Path) -> Path:
    """Write the package that is deployed: a zip of what is left, with the app at its root."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(deployed_files()):
            packed.write(ROOT / path, path)
    return target


def test_only_the_app_is_deployed() -> None:
    """`.funcignore` lets the entry point, its settings and the two packages through, and nothing else."""
    files = deployed_files()
    packages = {path for path in files if path.startswith(("orchestration/", "shared/"))}
    assert files - packages == DEPLOYED
    assert "shared/web/static/index.html" in packages


@pytest.mark.parametrize("folder", STAYS)
def test_what_is_not_the_app_stays(folder: str) -> None:
    """Nothing of the local stack, the tests or the documents is deployed."""
    assert not [path for path in deployed_files() if path.split("/")[0] == folder]


def test_what_lies_about_stays() -> None:
    """Tools pack the folder as it lies there, not what git knows: caches, settings and leftovers are ignored too."""
    assert left(LEFT_OVER) == set()


def test_the_package_is_small_and_plain(tmp_path: Path, record_property: pytest.RecordProperty) -> None:
    """It has code, the page and settings; every member is a plain file below its root, and it is fetched in no time."""
    archive = package(tmp_path / "package.zip")
    with zipfile.ZipFile(archive) as packed:
        names = packed.namelist()
    assert set(names) == deployed_files()
    assert {Path(name).suffix for name in names} <= SUFFIXES
    assert [name for name in names if name.startswith("/") or ".." in Path(name).parts] == []
    record_property("bytes", archive.stat().st_size)
    assert archive.stat().st_size < LARGEST


@pytest.mark.slow
def test_the_app_starts_with_its_own_requirements(tmp_path: Path) -> None:
    """In a clean interpreter with only `requirements.txt`, the deployed files index without `azure.mgmt`."""
    with zipfile.ZipFile(package(tmp_path / "package.zip")) as packed:
        packed.extractall(tmp_path / "site")
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt"]
    subprocess.run(install, cwd=tmp_path / "site", check=True)
    script = (
        "import sys, function_app as f; names = [x.get_function_name() for x in f.app.get_functions()];"
        "assert 'reconcile' in names and 'provisioning_requests' in names, names;"
        "print([m for m in sys.modules if m.startswith('azure.mgmt')])"
    )
    environment = {**SETTINGS, "PATH": os.environ["PATH"]}
    started = subprocess.run(
        [str(python), "-c", script], cwd=tmp_path / "site", env=environment, capture_output=True, text=True, check=False
    )
    assert started.returncode == 0, started.stderr
    assert started.stdout.strip() == "[]"
    freeze = [str(python), "-m", "pip", "--disable-pip-version-check", "freeze"]
    installed = subprocess.run(freeze, check=True, capture_output=True, text=True).stdout
    assert {canonical(name): version for name, version in PIN.findall(installed)} == pins("requirements.lock")


def test_loading_the_app_loads_no_management_client() -> None:
    """Importing `function_app` loads no client of Azure and nothing that telemetry needs: they cost a cold start."""
    late = ("azure.mgmt", "azure.servicebus", "azure.data", "azure.identity", "azure.monitor")
    late += ("opentelemetry.sdk", "opentelemetry.exporter", "opentelemetry.metrics", "opentelemetry._logs", "requests")
    script = f"import sys, function_app; print([m for m in sys.modules if m.startswith({late!r})])"
    started = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, **SETTINGS, "SPOKEWRIGHT_TELEMETRY": "off"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert started.stdout.strip().splitlines()[-1] == "[]"
