"""What the Bicep names is what the code names: queues, functions, settings, events, outputs; and names fit."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from orchestration import app, settings
from orchestration.dependencies import Dependencies
from shared.model import azure_events
from shared.notify import replies
from shared.plan.documents import ownership
from tests.infra.bicep import INFRA, ROOT, source, text, walk

BY_THE_PLATFORM = {"WEBSITE_AUTH_ENABLED"}
"""Set by App Service Authentication itself, where sign-in.bicep turns it on."""
NOT_IN_AZURE = {"SERVICE_BUS", "SPOKEWRIGHT_CA_BUNDLE", "SPOKEWRIGHT_TOPIC_KEY", "SPOKEWRIGHT_CLOCK"}
"""Keys and the local stack's: identities open everything in Azure."""
OF_THE_HOST = {
    "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
    "APPLICATIONINSIGHTS_CONNECTION_STRING",
    "AzureWebJobsStorage__accountName",
    "AzureWebJobsStorage__clientId",
    "DURABLE_TASK_SCHEDULER_CONNECTION_STRING",
    "SERVICE_BUS__clientId",
    "SPOKEWRIGHT_TASK_HUB",
}
"""Read by the Functions host and its extensions, not by our code."""
IDENTITY = "00000000-0000-0000-0000-000000000001"


def constants() -> dict[str, Any]:
    """Return the settings that are the same in every deployment of a profile."""
    read: dict[str, Any] = json.loads((INFRA / "settings.json").read_text())
    return read


def settings_set() -> dict[str, str]:
    """Return the app settings that main.bicep sets itself, as they are written there."""
    written = source("main.bicep").modules["app"].node
    found = {}
    for node in walk(written):
        if node.type == "object_property":
            name = text(node.children[0]).strip("'")
            if re.fullmatch(r"[A-Z_]+(__\w+)?|AzureWebJobs\w+", name):
                found[name] = text(node.children[2])
    return found


def documented(section: str) -> set[str]:
    """Return the names in the first column of the settings' page below a heading."""
    page = (ROOT / "docs" / "reference" / "settings.md").read_text()
    part = page.split(f"## {section}\n", 1)[1].split("\n## ", 1)[0]
    return set(re.findall(r"^\| `([^`]+)`", part, re.MULTILINE))


def allowed(parameter: str) -> set[str]:
    """Return the values that a parameter of main.bicep may have."""
    return set(re.findall(r"\w+", source("main.bicep").parameters[parameter].decorators["allowed"]))


def names_of(kind: str) -> set[str]:
    """Return the names of the Service Bus entities of a kind."""
    found = source("modules/service-bus.bicep").resources.values()
    return {one.members["name"].strip("'") for one in found if one.kind.endswith(kind) and "'" in one.members["name"]}


def test_queues_and_topic_are_those_of_the_code() -> None:
    """The queues and the topic that the app receives from and sends to, and no others."""
    assert names_of("namespaces/queues") == {app.REQUESTS, app.RESOURCE_EVENTS, replies.REJECTED}
    assert names_of("namespaces/topics") == {replies.REPLIES}
    assert replies.REQUESTS == app.REQUESTS


def test_what_expires_is_kept_where_it_matters() -> None:
    """Requests and rejected messages that expire are dead letters; a lock is the minute that the contract asks for."""
    resources = source("modules/service-bus.bicep").resources
    for name in ("requests", "rejected"):
        members = resources[name].members
        assert members["properties.deadLetteringOnMessageExpiration"] == "true"
        assert members["properties.lockDuration"] == "'PT1M'"
    assert resources["replies"].members["properties.requiresDuplicateDetection"] == "true"


def test_the_function_that_gets_events_exists() -> None:
    """Event Grid is pointed at a function that the app registers, and a disabled one is one of them too."""
    environment = {"SPOKEWRIGHT_STORE": "sqlite:unused", "SERVICE_BUS": "unused"}
    built = app.build(Dependencies(settings.Settings.read(environment)))
    functions = {one.get_function_name() for one in built.get_functions()}
    pointed = set(re.findall(r"/functions/(\w+)", source("main.bicep").text))
    disabled = {name.split(".")[1] for name in constants()["private"] if name.endswith(".Disabled")}
    assert pointed == {"resource_events"}
    assert pointed | disabled <= functions


def test_event_filters_are_what_intake_considers() -> None:
    """Event Grid lets through exactly the operations that the code looks at: 25 values are the most that it takes."""
    events = json.loads((INFRA / "events.json").read_text())
    kinds = {*azure_events._TYPES, azure_events._TAGS}
    assert {one.lower() for one in events["operations"]} == {
        f"{kind}/{verb}" for kind in kinds for verb in ("write", "delete")
    }
    assert len(events["operations"]) <= 25
    types = {one.lower().removeprefix(azure_events._EVENT_PREFIX) for one in events["types"]}
    assert types == azure_events._EVENT_TYPES


def test_every_setting_of_the_app_is_set() -> None:
    """What the app reads is set, but for what the platform sets and what Azure has no use for; nothing unknown is."""
    given = settings_set().keys() | constants()["common"].keys()
    read = documented("What the app reads")
    assert read - given == BY_THE_PLATFORM | NOT_IN_AZURE
    assert settings_set().keys() - read == OF_THE_HOST - read


GIVEN = {
    "SERVICE_BUS__fullyQualifiedNamespace": "a.servicebus.windows.net",
    "SPOKEWRIGHT_IDENTITY_CLIENT_ID": IDENTITY,
    "SPOKEWRIGHT_STORE": "https://a.table.core.windows.net",
    "SPOKEWRIGHT_SWEEP_MINUTES": "15",
    "SPOKEWRIGHT_TOPIC_ENDPOINT": "https://a.westeurope-1.eventgrid.azure.net/api/events",
}


def test_the_settings_are_read_by_the_app() -> None:
    """With the names that are set, and values as Azure gives them, the app starts."""
    assert GIVEN.keys() <= settings_set().keys()
    read = settings.Settings.read(dict.fromkeys(settings_set(), "") | GIVEN)
    assert (read.service_bus, read.store) == ("a.servicebus.windows.net", "https://a.table.core.windows.net")
    assert read.topic_key is None


def test_host_json_finds_its_settings() -> None:
    """What host.json names, the connection of the durable backend and the task hub, is set."""
    host = (ROOT / "host.json").read_text()
    wanted = {*re.findall(r"%(\w+)%", host), *re.findall(r'"connectionStringName": "(\w+)"', host)}
    assert wanted
    assert wanted <= settings_set().keys()
    assert set(constants()["durable"]) == allowed("durableBackend")
    assert allowed("profile") == constants().keys() - {"common", "durable"}


def test_one_task_hub() -> None:
    """The hub that is made is the hub that the app is told of."""
    main = source("main.bicep")
    assert main.modules["scheduler"].members["params.taskHub"] == settings_set()["SPOKEWRIGHT_TASK_HUB"] == "taskHub"


def test_outputs_are_what_the_command_line_reads() -> None:
    """These azd writes into the environment's file, where `spokewright` finds the deployment."""
    read = set(re.findall(r"SPOKEWRIGHT_[A-Z_]+", (ROOT / "cli" / "azd.py").read_text()))
    assert read == {"SPOKEWRIGHT_URL", "SPOKEWRIGHT_AUDIENCE", "SPOKEWRIGHT_SERVICE_BUS"}
    assert read <= source("main.bicep").outputs.keys()


def test_a_hubs_group_is_marked_as_the_app_marks_it() -> None:
    """The hub's document takes the group that is made here for its own, and so does not stop at it."""
    tags = source("modules/hub.bicep").resources["group"].members["tags"]
    assert f"'{ownership.MANAGED_BY}': '{ownership.OURS}'" in tags


def test_dead_letters_have_one_home() -> None:
    """Events that cannot be delivered go into the container that is made for them."""
    main = source("main.bicep")
    made = main.modules["storage"].members["params.deadLetterContainer"]
    assert main.modules["watching"].members["params.deadLetterContainer"] == made


LIMITS = {
    "functionApp": 60,
    "serviceBus": 50,
    "eventTopic": 50,
    "systemTopic": 50,
    "scheduler": 64,
    "resourceGroup": 90,
    "workspace": 63,
    "network": 64,
    "privateEndpoint": 64,
}


@pytest.mark.parametrize(("what", "limit"), LIMITS.items(), ids=list(LIMITS))
def test_the_longest_name_fits(what: str, limit: int) -> None:
    """With the longest name of an environment, and the longest thing behind it, a name is as long as Azure takes."""
    prefix = json.loads((INFRA / "names.json").read_text())[what]
    longest = int(source("main.bicep").parameters["environmentName"].decorators["maxLength"])
    unique = what in ("functionApp", "serviceBus", "eventTopic", "scheduler")
    behind = len("-123456") if unique else len("-service-bus-nic") if what == "privateEndpoint" else 0
    assert len(f"{prefix}-spokewright-") + longest + behind <= limit
