"""The table of kinds against the installed clients, and against the planner's types."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

from shared.arm.kinds import KINDS, Kind, kind_of
from shared.model.errors import Invalid
from shared.plan import resources
from shared.plan.planner import IN_A_GROUP
from tests.arm.wire import Credential

ROWS = [pytest.param(type_, kind, id=type_) for type_, kind in KINDS.items()]


def parameters(kind: Kind, method: str) -> list[str]:
    """Return the names of a client method's required positional parameters."""
    class_ = getattr(importlib.import_module(kind.client.module), kind.client.name)
    operations = getattr(class_(Credential(), "s", base_url="https://localhost"), kind.operations)
    found = inspect.signature(getattr(operations, method)).parameters.values()
    return [
        item.name
        for item in found
        if item.kind is item.POSITIONAL_OR_KEYWORD and item.default is item.empty and item.name != "kwargs"
    ]


@pytest.mark.parametrize(("type_", "kind"), ROWS)
def test_row_fits_the_client(type_: str, kind: Kind) -> None:
    """Every method of a row exists, and takes as many names as the type's path has."""
    # Group and names: one for each part of the type. An extension has the scope and its name instead.
    path = 2 if kind.extension else max(type_.count("/") + 1, 2) + len(kind.constant)
    if type_ == "microsoft.resources/resourcegroups":
        path = 1
    for method, count in ((kind.get, path), (kind.delete, path), (kind.put, path + 1), (kind.run, path + 1)):
        assert not method or len(parameters(kind, method)) == count, (method, parameters(kind, method))
    above = 1 if kind.extension else path - 1
    assert not kind.list or len(parameters(kind, kind.list)) == above, (kind.list, parameters(kind, kind.list))
    assert not kind.everywhere or not parameters(kind, kind.everywhere), kind.everywhere


def test_every_planned_type_is_served() -> None:
    """Whatever the planner asks for or writes, the door serves."""
    modules = [
        importlib.import_module(f"{resources.__name__}.{it.name}") for it in pkgutil.iter_modules(resources.__path__)
    ]
    types = [module.TYPE for module in modules if hasattr(module, "TYPE")]
    assert len(types) > 10
    assert all(kind_of(type_) for type_ in types)


def test_what_lies_in_a_group_is_listed_everywhere() -> None:
    """Each kind that lies in a group can be listed over its whole subscription."""
    tops = {type_: kind for type_, kind in KINDS.items() if type_.count("/") == 1 and not kind.extension}
    assert [type_ for type_, kind in tops.items() if not kind.everywhere] == [IN_A_GROUP.lower()]


def test_unknown_type() -> None:
    """A type that is not served is refused by name."""
    with pytest.raises(Invalid, match=r"Microsoft\.Storage/storageAccounts"):
        kind_of("Microsoft.Storage/storageAccounts")


def test_cold_start() -> None:
    """Neither importing the door nor making one loads anything of Azure: a request for status needs none of it."""
    code = """
import sys
import shared.arm.door, shared.arm.kinds, shared.arm.credentials, shared.arm.translation
shared.arm.door.Arm(shared.arm.door.ArmSettings(), None)
print(*(name for name in sys.modules if name.startswith(("azure", "aiohttp"))))
"""
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "\n", "")
