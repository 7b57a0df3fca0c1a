"""The settings of access: what fits together, and that what does not stops the app with what to do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from orchestration.access import policy
from orchestration.access.policy import Mode
from orchestration.settings import Settings
from tests.access.people import ANN, TENANT

BASE = {"SPOKEWRIGHT_STORE": "sqlite::memory:", "SERVICE_BUS__fullyQualifiedNamespace": "example"}
SIGNED = {"WEBSITE_AUTH_ENABLED": "True", "WEBSITE_AUTH_AAD_ALLOWED_TENANTS": TENANT}
LIMITS = json.dumps({ANN.upper(): {"hubs": ["weu"], "subscriptions": "*"}})


def test_keys_are_the_default() -> None:
    """Without a word of it everything is as it always was."""
    access = Settings.read(BASE).access
    assert (access.mode, access.principals, access.limits.entries) == (Mode.KEYS, False, None)


def test_entra() -> None:
    """With the platform's sign-in and tenants; limits have ids in lower case."""
    settings = {"SPOKEWRIGHT_ACCESS": " Entra ", "SPOKEWRIGHT_REQUESTERS": LIMITS}
    access = Settings.read(BASE | SIGNED | settings | {policy.TENANTS: f"{TENANT.upper()}, {ANN}"}).access
    assert (access.entra, access.tenants) == (True, {TENANT, ANN})
    assert list(access.limits.entries or ()) == [ANN]


REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "another mode": ({"SPOKEWRIGHT_ACCESS": "none"}, "has to be keys or entra"),
    "entra, and nobody signs in": ({"SPOKEWRIGHT_ACCESS": "entra"}, "anybody could forge its headers"),
    "entra, and sign-in is off": (
        SIGNED | {"SPOKEWRIGHT_ACCESS": "entra", "WEBSITE_AUTH_ENABLED": "False"},
        "anybody could forge its headers",
    ),
    "entra of any tenant": (
        {"SPOKEWRIGHT_ACCESS": "entra", "WEBSITE_AUTH_ENABLED": "True"},
        "WEBSITE_AUTH_AAD_ALLOWED_TENANTS names no tenant",
    ),
    "a tenant by name": (
        SIGNED | {"SPOKEWRIGHT_ACCESS": "entra", "WEBSITE_AUTH_AAD_ALLOWED_TENANTS": "contoso.com"},
        "'contoso.com', which is no id of a tenant",
    ),
    "limits of people, and nobody is known": ({"SPOKEWRIGHT_REQUESTERS": LIMITS}, "with SPOKEWRIGHT_ACCESS=keys"),
}


@pytest.mark.parametrize(("settings", "words"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_fit_stops_the_app(settings: dict[str, str], words: str) -> None:
    """With an error that names the settings, instead of an app that lets everybody in, or nobody."""
    with pytest.raises(ValueError, match=words):
        Settings.read(BASE | settings)


def test_messages_can_be_limited_with_keys() -> None:
    """Who may send is Azure's to say; what may come is said here, whoever may call."""
    limits = json.dumps({"messages": {"hubs": ["dev"], "subscriptions": "*"}})
    assert Settings.read(BASE | {"SPOKEWRIGHT_REQUESTERS": limits}).access.limits.of_messages()


ENTRY: dict[str, Any] = {"hubs": "*", "subscriptions": "*"}
BAD: dict[str, tuple[str, str]] = {
    "no JSON": ("{", "is not JSON"),
    "a list": ("[]", "has to be an object"),
    "nobody": ("{}", "names nobody"),
    "an unknown name": (json.dumps({"ann": ENTRY}), "'ann' has to be an object id"),
    "no hubs": (json.dumps({"*": {"subscriptions": "*"}}), "hubs and subscriptions"),
    "something else": (json.dumps({"*": ENTRY | {"clusters": "*"}}), "and nothing else"),
    "an entry that is a list": (json.dumps({"*": ["weu"]}), "hubs and subscriptions"),
    "hubs as a text": (json.dumps({"*": ENTRY | {"hubs": "weu"}}), r"'\*'.hubs has to be a list"),
    "a hub that is a number": (json.dumps({"*": ENTRY | {"hubs": [5]}}), r"'\*'.hubs has '5'"),
    "a star in a list": (json.dumps({"*": ENTRY | {"hubs": ["*"]}}), r"'\*'.hubs has"),
    "a subscription by name": (json.dumps({"*": ENTRY | {"subscriptions": ["prod"]}}), "has 'prod'"),
    "twice the same": (f'{{"{ANN}": {json.dumps(ENTRY)}, "{ANN.upper()}": {json.dumps(ENTRY)}}}', "twice"),
    "two faults": (json.dumps({"ann": ENTRY, "bob": ENTRY}), "'ann'.*'bob'"),
}


@pytest.mark.parametrize(("text", "words"), BAD.values(), ids=BAD)
def test_limits_that_cannot_be_read_stop_the_app(text: str, words: str) -> None:
    """Every fault is named: a limit that is misread would be none."""
    with pytest.raises(ValueError, match=words):
        Settings.read(BASE | SIGNED | {"SPOKEWRIGHT_ACCESS": "entra", "SPOKEWRIGHT_REQUESTERS": text})
