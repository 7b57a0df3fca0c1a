"""Who has which role in Azure: the custom ones as on the local stack, the data roles of a table, and nothing else."""

from __future__ import annotations

import json
import re

import pytest

from local import rights
from tests.infra.bicep import INFRA, Declared, source, sources


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
