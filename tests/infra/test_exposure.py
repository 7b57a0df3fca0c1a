"""What is open in Azure: no key anywhere, and nothing to public networks unless somebody says so."""

from __future__ import annotations

from tests.infra.bicep import passed, source, sources


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
