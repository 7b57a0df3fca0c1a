"""infra/README.md, main.parameters.json and azure.yaml say what the Bicep says."""

from __future__ import annotations

import json
import os
import re
import subprocess
from typing import Any

import pytest
import yaml

from tests.house.test_deployment import deployed_files
from tests.infra.bicep import INFRA, ROOT, Parameter, source, sources

README = (INFRA / "README.md").read_text(encoding="utf-8")
VARIABLE = re.compile(r"\$\{([A-Z_]+)(?:=([^}]*))?\}")


def rows(heading: str) -> list[list[str]]:
    """Return the rows of the first table below a heading."""
    part = re.split(r"^#+ ", README.split(f"## {heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def parameters() -> dict[str, Any]:
    """Return the values of main.parameters.json."""
    read = json.loads((INFRA / "main.parameters.json").read_text())["parameters"]
    return {name: one["value"] for name, one in read.items()}


def expected(one: Parameter) -> list[str]:
    """Return the row that tells of a parameter, made from the Bicep and from main.parameters.json."""
    value = parameters().get(one.name)
    found = VARIABLE.fullmatch(value) if isinstance(value, str) else None
    where = f"`{found[1]}`" if found else "`main.parameters.json`"
    if one.name not in parameters():
        where = "add it to `main.parameters.json`"
    default = (
        "asked for" if one.default is None else f"`{one.default.strip(chr(39))}`" if one.default != "''" else "none"
    )
    meaning = one.decorators["description"][1:-1].replace("\\'", "'")
    return [f"`{one.name}`", where, default, meaning]


def test_every_parameter_is_told() -> None:
    """Each parameter has its row: where it is set, its default, what it means; in the order of the Bicep."""
    assert rows("Parameters") == [expected(one) for one in source("main.bicep").parameters.values()]


def test_api_versions_are_those_of_the_table() -> None:
    """Each resource type is used in one version, which the table names, with the place where it was looked up."""
    used = {(one.kind, one.version) for file in sources() for one in file.resources.values()}
    assert len({kind for kind, _ in used}) == len(used)
    table = [(row[0].strip("`"), row[1].strip("`")) for row in rows("Resource types")]
    assert table == sorted(used)
    assert [row for row in rows("Resource types") if not row[2]] == []


def test_every_module_is_told() -> None:
    """The list of modules is the folder's."""
    assert [row[0].strip("`") for row in rows("Modules")] == sorted(
        repr(one).removeprefix("modules/") for one in sources()
    )


def test_parameters_are_given_where_they_exist() -> None:
    """What is given exists, all without a default is given, and a variable's default is the parameter's."""
    declared = source("main.bicep").parameters
    given = parameters()
    assert given.keys() <= declared.keys()
    assert {name for name, one in declared.items() if one.default is None} <= given.keys()
    for name, value in given.items():
        default = declared[name].default
        if isinstance(value, str):
            found = VARIABLE.fullmatch(value)
            assert found, name
            assert (found[2] if default is not None else None) == (
                default.strip("'") if default is not None else None
            ), name
        else:
            assert json.dumps(value) == default, name


def test_no_value_is_somebodys() -> None:
    """What is committed names no subscription, no person, no secret."""
    text = (INFRA / "main.parameters.json").read_text()
    assert re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}|@", text) == []


def test_azd_finds_the_app() -> None:
    """The service of azd is a Python function at the root, and the app has the tag by which azd finds it."""
    project = yaml.safe_load((ROOT / "azure.yaml").read_text())
    assert project["services"] == {"app": {"project": ".", "language": "python", "host": "function"}}
    assert (ROOT / project["infra"]["path"] / f"{project['infra']['module']}.bicep").exists()
    assert (
        source("modules/function-app.bicep").resources["app"].members["tags"]
        == "union(tags, {\n    'azd-service-name': 'app'\n  })"
    )
    tagged = [repr(file) for file in sources() if "azd-env-name" in file.text]
    assert tagged == ["main.bicep"]
    assert source("main.bicep").text.count("'azd-env-name'") == 1


def test_infra_is_not_deployed() -> None:
    """Neither the Bicep nor azd's file gets into the package of the app."""
    assert not [path for path in deployed_files() if path.startswith(("infra", "azure.yaml", "requirements-"))]


@pytest.mark.parametrize(("said", "code"), [("", 1), ("no", 1), ("yes", 0)], ids=["nothing said", "no", "yes"])
def test_azd_down_asks_first(said: str, code: int) -> None:
    """The hook that stands before `azd down` stops it until somebody says that the hubs may go too."""
    hook = yaml.safe_load((ROOT / "azure.yaml").read_text())["hooks"]["predown"]["posix"]
    environment = {**os.environ, "SPOKEWRIGHT_DOWN": said}
    ended = subprocess.run(
        [hook["shell"], "-c", hook["run"]], env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == code
    assert ("azd env set SPOKEWRIGHT_DOWN yes" in ended.stderr) is (code == 1)
