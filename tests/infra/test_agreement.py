"""What the Bicep names is what the code names: queues, functions, settings, events, outputs; and who has which role."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from local import rights
from orchestration import app, settings
from orchestration.dependencies import Dependencies
from shared.model import azure_events
from shared.notify import replies
from shared.plan.documents import ownership
from tests.infra.bicep import INFRA, ROOT, Declared, passed, source, sources, text, walk

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


def test_assignable_roles_are_in_the_condition() -> None:
    """The condition lets exactly the roles of assignable.json be given and taken, and to service principals alone."""
    condition = (INFRA / "roles" / "assigning.condition").read_text()
    assignable = json.loads((INFRA / "roles" / "assignable.json").read_text())
    lists = re.findall(r"GuidEquals \{([^}]*)\}", condition)
    assert [set(re.findall(r"[0-9a-f-]{36}", one)) for one in lists] == [set(assignable.values())] * 2
    assert condition.count("PrincipalType] ForAnyOfAnyValues:StringEqualsIgnoreCase {'ServicePrincipal'}") == 2
    for action in ("write", "delete"):
        assert f"!(ActionMatches{{'Microsoft.Authorization/roleAssignments/{action}'}})" in condition


def assignments() -> list[tuple[str, Declared]]:
    """Return every role assignment with the file that makes it."""
    return [
        (repr(file), one)
        for file in sources()
        for one in file.resources.values()
        if one.kind == "Microsoft.Authorization/roleAssignments"
    ]


CLUSTERS = {"management-group.bicep", "modules/hub-rights.bicep", "modules/spoke-rights.bicep"}


def test_whoever_may_assign_roles_has_the_condition() -> None:
    """Each assignment to the identity that writes clusters has the condition, of version 2.0."""
    found = [
        (file, one) for file, one in assignments() if one.members["properties.principalId"] == "clustersPrincipalId"
    ]
    assert {file for file, _ in found} == CLUSTERS
    for _, one in found:
        assert one.members["properties.condition"] == "condition"
        assert one.members["properties.conditionVersion"] == "'2.0'"
    texts = {
        source("management-group.bicep").variables["condition"],
        source("modules/rights.bicep").variables["condition"],
    }
    assert texts == {"loadTextContent('roles/assigning.condition')", "loadTextContent('../roles/assigning.condition')"}
    for module in ("hubGroups", "spokes"):
        assert source("modules/rights.bicep").modules[module].members["params.condition"] == "condition"


MACHINE = "modules/machine-rights.bicep"
PLACES = {
    rights.EVERYWHERE: {"modules/reading-rights.bicep"},
    rights.HUB: {"modules/hub-rights.bicep"},
    rights.SPOKE: {"modules/spoke-rights.bicep", MACHINE},
}
PARAMETERS = {
    "reader": ("modules/reading-rights.bicep", "role"),
    "hub-network": ("modules/hub-rights.bicep", "networkRole"),
    "hub-clusters": ("modules/hub-rights.bicep", "clustersRole"),
    "spoke-network": ("modules/spoke-rights.bicep", "networkRole"),
    "spoke-clusters": ("modules/spoke-rights.bicep", "clustersRole"),
    "spoke-machines": (MACHINE, "role"),
}
"""Each custom role: the file that gives it, and the parameter by which it comes there."""


@pytest.mark.parametrize("role", rights.DEFINITIONS, ids=lambda one: one.name)
def test_custom_roles_are_given_as_on_the_local_stack(role: rights.Role) -> None:
    """Who is tried with which role in the simulated Azure has it in Azure, at such a scope, and nobody else has."""
    file, parameter = PARAMETERS[role.name]
    assert file in PLACES[role.place]
    principal = "principalId" if role.identity == "reader" else f"{role.identity}PrincipalId"
    having = {
        one.members["properties.principalId"]
        for one in source(file).resources.values()
        if one.members.get("properties.roleDefinitionId", "").endswith(f", {parameter})")
    }
    assert having == {principal}
    definitions = source("modules/role-definitions.bicep")
    variable = next(name for name, text in definitions.variables.items() if text.endswith(f"/{role.name}.json')"))
    index = re.findall(r"\w+", definitions.variables["definitions"]).index(variable)
    output = variable.removesuffix("Role")
    assert definitions.outputs[output] == f"roles[{index}].name"
    given = [
        (one.of, path)
        for one in source("modules/rights.bicep").modules.values()
        for path, value in one.members.items()
        if value == f"roles.outputs.{output}"
    ]
    assert given == [(file.removeprefix("modules/").replace("hub-rights", "hub"), f"params.{parameter}")]


def test_every_custom_role_is_given() -> None:
    """No definition of infra/roles is left over, and the local stack knows them all."""
    files = {path.stem for path in (INFRA / "roles").glob("*.json")} - {"assignable"}
    assert files == PARAMETERS.keys() == {one.name for one in rights.DEFINITIONS}


DATA = {
    ("storage", "documents", "account", "reader", "storageTableDataContributor"),
    ("storage", "hostBlobs", "account", "reader", "storageBlobDataOwner"),
    ("storage", "histories", "account", "reader", "storageQueueDataContributor"),
    ("storage", "undelivered", "deadLetters", "delivery", "storageBlobDataContributor"),
    ("storage", "operators", "deadLetters", "group", "storageBlobDataReader"),
    ("service-bus", "takesRequests", "requests", "reader", "serviceBusDataReceiver"),
    ("service-bus", "takesEvents", "resourceEvents", "reader", "serviceBusDataReceiver"),
    ("service-bus", "keepsRejected", "rejected", "reader", "serviceBusDataSender"),
    ("service-bus", "repliesToTopic", "replies", "reader", "serviceBusDataSender"),
    ("service-bus", "repliesToQueues", "answers[i]", "reader", "serviceBusDataSender"),
    ("service-bus", "delivers", "resourceEvents", "delivery", "serviceBusDataSender"),
    ("service-bus", "requesters", "requests", "group", "serviceBusDataSender"),
    ("service-bus", "operatorsRead", "bus", "group", "serviceBusDataReceiver"),
    ("service-bus", "operatorsSend", "bus", "group", "serviceBusDataSender"),
    ("lifecycle-topic", "publishes", "topic", "reader", "eventGridDataSender"),
    ("scheduler", "works", "hub", "reader", "durableTaskDataContributor"),
    ("monitoring", "sends", "insights", "reader", "monitoringMetricsPublisher"),
}
"""Who has which data role, and where: file, name, scope, identity, role. Nobody else has any."""


def _role(file: str, one: Declared) -> str:
    written = one.members["properties.roleDefinitionId"]
    written = source(file).variables.get(written, written)
    return re.findall(r"\.(\w+)\)$", written)[0]


def test_each_identity_has_its_data_roles_and_no_others() -> None:
    """The data roles are those of the table above, at the narrowest scope that there is."""
    found = {
        (
            file.removeprefix("modules/").removesuffix(".bicep"),
            one.name,
            one.members["scope"],
            one.members["properties.principalId"].removesuffix("PrincipalId"),
            _role(file, one),
        )
        for file, one in assignments()
        if "scope" in one.members and file != MACHINE
    }
    assert found == DATA
    assert {role for *_, role in DATA} == set(json.loads((INFRA / "data-roles.json").read_text()))


def test_no_owner_or_contributor_is_given() -> None:
    """No assignment names a role of Azure's own by its id, but the data roles."""
    ids = {guid for file in sources() for guid in re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", file.text)}
    assert ids == set()


def test_keys_are_off() -> None:
    """Where a service has keys of its own, they are turned off."""
    off = {
        ("modules/storage.bicep", "account", "properties.allowSharedKeyAccess", "false"),
        ("modules/service-bus.bicep", "bus", "properties.disableLocalAuth", "true"),
        ("modules/lifecycle-topic.bicep", "topic", "properties.disableLocalAuth", "true"),
        ("modules/monitoring.bicep", "insights", "properties.DisableLocalAuth", "true"),
        ("modules/monitoring.bicep", "workspace", "properties.features.disableLocalAuth", "true"),
        ("modules/function-app.bicep", "deployment", "properties.allow", "false"),
        ("modules/function-app.bicep", "ftp", "properties.allow", "false"),
    }
    for file, resource, member, value in off:
        assert source(file).resources[resource].members[member] == value


def test_private_is_the_default() -> None:
    """Whoever says nothing gets the private profile, and whoever uses a module alone gets it closed."""
    assert source("main.bicep").parameters["profile"].default == "'private'"
    closable = [file.parameters["publicAccess"] for file in sources() if "publicAccess" in file.parameters]
    assert [one.default for one in closable] == ["'Disabled'"] * 6
    assert source("modules/storage.bicep").parameters["otherNetworks"].default == "'Deny'"
    assert source("modules/function-app.bicep").parameters["publicRequests"].default == "'Deny'"
    assert source("main.bicep").parameters["deployFrom"].default == "'inside'"
    for module in ("monitoring", "storage", "serviceBus", "topic", "scheduler", "app"):
        assert "publicAccess" in passed(source("main.bicep").modules[module])


def test_every_service_has_a_private_endpoint() -> None:
    """What is closed in the private profile has an endpoint; the app's is made after the app."""
    private = source("modules/private-access.bicep")
    ends = [one for one in private.modules.values() if one.of == "private-endpoint.bicep"]
    parts = {one.members["params.part"].strip("'") for one in ends}
    assert parts == {"part", "namespace", "topic", "scheduler", "azuremonitor"}
    assert "['blob', 'table', 'queue']" in private.text
    assert source("main.bicep").modules["siteEndpoint"].members["params.part"] == "'sites'"


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
