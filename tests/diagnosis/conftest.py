"""A running simulator with the whole landscape in it, and the real door to it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from shared.arm.credentials import open_credential
from shared.arm.door import Arm, ArmSettings, Credentials
from tests.diagnosis import stage
from tests.simulator.conftest import Azure, azure

__all__ = ["azure"]


@pytest.fixture
async def arm(azure: Azure, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Arm]:
    """The door as the app opens it, on a sound landscape."""
    monkeypatch.setenv("IDENTITY_ENDPOINT", azure.simulator.endpoints["identity"])
    monkeypatch.setenv("IDENTITY_HEADER", azure.simulator.endpoints["identityHeader"])
    await stage.build(azure)
    credential = open_credential()
    arm = Arm(ArmSettings(azure.simulator.base, azure.simulator.endpoints["caBundle"]), Credentials(*[credential] * 3))
    yield arm
    await arm.close()
    await credential.close()
