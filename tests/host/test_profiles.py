"""The constant app settings of both profiles, as the local stack takes them from the Bicep's file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from local.host.indexing import disabled_by, index
from local.profile import FILE, PROFILES, settings_of
from orchestration.app import RESOURCE_EVENTS, build
from orchestration.dependencies import Dependencies
from orchestration.settings import Settings

if TYPE_CHECKING:
    import azure.durable_functions as df


def app() -> df.DFApp:
    """Return the app itself, with settings that lead nowhere."""
    return build(Dependencies(Settings(store="sqlite:unused.db", service_bus="unused")))


def test_each_profile_has_what_is_common() -> None:
    """A profile is what is common and its own; all of it is text, as app settings are."""
    given = json.loads(FILE.read_text(encoding="utf-8"))
    for profile in PROFILES:
        assert settings_of(profile) == given["common"] | given[profile]
        assert all(isinstance(value, str) for value in settings_of(profile).values())


def test_nothing_is_set_twice() -> None:
    """No setting stands in two places, so that none depends on which of them wins."""
    given = json.loads(FILE.read_text(encoding="utf-8"))
    names = [name for group in ("common", "public", "private") for name in given[group]]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("profile", "pushed"), [("public", True), ("private", False)])
def test_only_the_public_profile_is_pushed_to(profile: str, *, pushed: bool) -> None:
    """The Event Grid trigger is off in the private profile; the queue's is on in both."""
    found = index(app(), settings_of(profile))
    assert ("resource_events" in found.of("eventGridTrigger")) is pushed
    queues = {function.settings["queueName"] for function in found.of("serviceBusTrigger").values()}
    assert RESOURCE_EVENTS in queues


@pytest.mark.parametrize("profile", PROFILES)
def test_what_is_disabled_exists(profile: str) -> None:
    """A setting that disables a function names one that the app has."""
    names = {each.get_function_name() for each in app().get_functions()}
    assert disabled_by(settings_of(profile)) <= names
