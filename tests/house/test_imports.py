"""Who may import whom, where import-linter cannot look: single modules and parts of the `azure` namespace."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def imports(path: Path) -> Iterator[str]:
    """Yield every module that a file imports at run time."""
    tree = ast.parse(path.read_text())
    guarded = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.unparse(block.test)
        for node in ast.walk(block)
    }
    for node in ast.walk(tree):
        if id(node) in guarded:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def offenders(folder: str, *forbidden: str) -> list[str]:
    """Return the files below a folder that import something forbidden."""
    return sorted(
        f"{path.relative_to(ROOT)}: {name}"
        for path in (ROOT / folder).rglob("*.py")
        for name in imports(path)
        if any(name == bad or name.startswith(f"{bad}.") for bad in forbidden)
    )


@pytest.mark.parametrize("folder", ["shared", "orchestration/orchestrators", "orchestration/activities"])
def test_only_the_app_and_its_triggers_speak_functions(folder: str) -> None:
    """Azure Functions and its durable SDK are imported by `orchestration.app` and the triggers, nowhere below."""
    assert offenders(folder, "azure.functions", "azure.durable_functions") == []


@pytest.mark.parametrize("folder", ["shared", "orchestration", "local/simulator", "local/broker"])
def test_nobody_imports_the_entry_point(folder: str) -> None:
    """`function_app` is the top: only the host, which runs it, may import it."""
    assert offenders(folder, "function_app") == []


def test_nothing_deployed_imports_the_local_stack() -> None:
    """The app runs in Azure without `local`, `cli`, `bench` and `tests`."""
    assert offenders("shared", "local", "cli", "bench", "tests") == []
    assert offenders("orchestration", "local", "cli", "bench", "tests") == []


def test_the_environment_is_read_in_one_place() -> None:
    """Of what is deployed only `function_app` touches `os.environ`, to hand it to the settings."""
    readers = [
        str(path.relative_to(ROOT))
        for folder in ("shared", "orchestration")
        for path in (ROOT / folder).rglob("*.py")
        if "os.environ" in path.read_text() or "getenv" in path.read_text()
    ]
    assert readers == []
