"""The pages that are made from code are current, and say all that the code says."""

from __future__ import annotations

import json

import pytest

from docs import app_settings, generate, host, profiles
from orchestration.settings import Settings
from shared.model import conditions
from shared.plan.rule_packs import PACKS
from tests.docs.pages import read, rows

CONSTANT = "The same in every deployment"
KEY_CELLS = 4
"""Cells of a row about a key of host.json."""


@pytest.mark.parametrize("name", generate.pages())
def test_a_page_made_from_code_is_current(name: str) -> None:
    """What stands in docs/reference is what `python -m docs.generate` would write."""
    assert read(f"docs/reference/{name}") == generate.pages()[name]


def test_every_condition_and_reason_is_documented() -> None:
    """The page of conditions has each type and each reason."""
    told = {row[0].strip("`") for row in rows("docs/reference/conditions.md")}
    assert told >= conditions.TYPES.keys() | conditions.REASONS.keys()


def test_the_page_knows_what_the_code_sets() -> None:
    """Each type and reason is set by something: one that nothing sets has no place in the code."""
    marks = {row[0].strip("`"): row[2] for row in rows("docs/reference/conditions.md")}
    assert marks[conditions.PROVISIONED] == "yes"
    assert marks[conditions.PLAN_APPROVED] == "yes"
    assert "not yet" not in marks.values()


def test_every_setting_is_documented() -> None:
    """The page of settings has each one that the app reads, and no other."""
    assert set(app_settings.SETTINGS) == app_settings.names()
    told = {row[0].strip("`") for row in rows("docs/reference/settings.md", "What the app reads")}
    assert told == app_settings.names()


def test_every_key_of_the_host_has_its_reason() -> None:
    """The page of host.json has each key with its value, and knows no other."""
    told = {(row[0].strip("`"), row[1].strip("`")) for row in rows("docs/reference/host.md") if len(row) == KEY_CELLS}
    assert told == {(key, json.dumps(value)) for key, value in host.keys(json.loads(read("host.json")))}
    assert set(host.REASONS) == {key for key, _ in told}
    assert set(host.REASONS) >= host.OBEYED


def test_what_overrides_the_host_is_a_key_of_it() -> None:
    """Settings that choose the durable backend override keys that the file has."""
    known = {key.lower() for key in host.REASONS}
    named = [name.split("__") for name, _, _ in profiles.settings() if name.startswith("AzureFunctionsJobHost__")]
    assert named
    assert [keys for keys in named if ".".join(keys[1:]).lower() not in known] == []


def test_every_constant_setting_has_its_reason() -> None:
    """The page has each setting of `infra/settings.json`, with its value, and knows no other."""
    told = {(row[0].strip("`"), row[1].strip("`")) for row in rows("docs/reference/settings.md", CONSTANT)}
    assert told == {(name, value) for name, value, _ in profiles.settings()}
    assert set(profiles.REASONS) == {name for name, _ in told}


def test_the_documented_settings_are_enough() -> None:
    """The app's settings can be read from the required ones alone."""
    Settings.read({"SPOKEWRIGHT_STORE": "sqlite:x", "SERVICE_BUS__fullyQualifiedNamespace": "example"})


def test_every_rule_of_every_pack_is_documented() -> None:
    """The page of rule packs has each rule with each of its destinations."""
    page = read("docs/reference/rule-packs.md")
    for pack in PACKS.values():
        section = page.split(f"## `{pack.name}`, version {pack.version}\n", 1)[1].split("\n## ", 1)[0]
        names = [rule.name for rule in pack.network] + [rule.name for rule in pack.application]
        assert [name for name in names if f"`{name}`" not in section] == []
        destinations = [name for rule in pack.network for name in (*rule.destinations, *rule.fqdns)]
        destinations += [name for rule in pack.application for name in (*rule.fqdns, *rule.fqdn_tags)]
        assert [name for name in destinations if f"`{name}`" not in section] == []
