"""Identities: credentials that they trust, and the principals of machines."""

from __future__ import annotations

from tests.simulator import landscape as land
from tests.simulator.conftest import Azure, network, space, vnet

CREDENTIAL = f"{land.IDENTITY}/federatedIdentityCredentials/pods"
TRUST = {
    "issuer": "https://issuer",
    "subject": "system:serviceaccount:a:b",
    "audiences": ["api://AzureADTokenExchange"],
}


async def test_credentials_are_written_at_once(azure: Azure) -> None:
    """Created with 201, changed with 200, listed, removed with 200, then 204."""
    await azure.put(land.IDENTITY, {"location": "westeurope"})
    made = await azure.put(CREDENTIAL, {"properties": TRUST})
    assert (made.status, made.properties) == (201, TRUST)
    changed = await azure.put(CREDENTIAL, {"properties": TRUST | {"subject": "other"}})
    assert (changed.status, changed.properties["subject"]) == (200, "other")
    assert (await azure.get(CREDENTIAL.rsplit("/", 1)[0])).body["value"] == [changed.body]
    assert [(await azure.delete(CREDENTIAL)).status for _ in range(2)] == [200, 204]


async def test_a_credential_says_whom_it_trusts(azure: Azure) -> None:
    """Without a subject, or on an identity that is not there, a credential is refused."""
    incomplete = {"properties": {"issuer": "https://issuer", "audiences": ["a"]}}
    assert (await azure.put(CREDENTIAL, {"properties": TRUST})).code == "ParentResourceNotFound"
    await azure.put(land.IDENTITY, {"location": "westeurope"})
    assert (await azure.put(CREDENTIAL, incomplete)).code == "BadRequest"


async def test_an_identity_trusts_twenty_at_most(azure: Azure) -> None:
    """The twenty-first credential is refused; a change of one is not."""
    await azure.put(land.IDENTITY, {"location": "westeurope"})
    statuses = [(await azure.put(f"{CREDENTIAL}{n}", {"properties": TRUST})).status for n in range(21)]
    assert statuses == [201] * 20 + [400]
    assert (await azure.put(f"{CREDENTIAL}1", {"properties": TRUST})).status == 200


async def test_a_machine_has_the_principal_of_its_identity(azure: Azure) -> None:
    """A system-assigned identity gets a principal that stays; a user-assigned one shows its own."""
    await azure.made(vnet("hub"), space("10.0.0.0/22", jump="10.0.1.0/26"))
    await land.build_jump_server(azure)
    properties = land.machine(network("networkInterfaces", "jump"))
    own = {"type": "SystemAssigned"}
    first = (await azure.made(land.JUMP, properties, identity=own)).body["identity"]
    assert first["principalId"]
    assert (await azure.made(land.JUMP, properties, identity=own)).body["identity"] == first
    user = (await azure.put(land.IDENTITY, {"location": "westeurope"})).properties
    given = {"identity": {"type": "UserAssigned", "userAssignedIdentities": {land.IDENTITY: {}}}}
    await azure.send("PATCH", land.JUMP, given)
    await azure.pass_time()
    shown = (await azure.get(land.JUMP)).body["identity"]["userAssignedIdentities"][land.IDENTITY]
    assert shown["principalId"] == user["principalId"]
