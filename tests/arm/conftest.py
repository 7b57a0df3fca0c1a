"""A door whose network is scripted."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from shared.arm.door import Arm, ArmSettings, Credentials
from tests.arm.wire import Credential, Wire


@pytest.fixture
def wire() -> Wire:
    """Azure's end."""
    return Wire()


@pytest.fixture
def credential() -> Credential:
    """Who asks."""
    return Credential()


@pytest.fixture
async def arm(wire: Wire, credential: Credential) -> AsyncIterator[Arm]:
    """What is tested."""
    arm = Arm(ArmSettings(), Credentials(*[credential] * 3), wire)
    yield arm
    await arm.close()
