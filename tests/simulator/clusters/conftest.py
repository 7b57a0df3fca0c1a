"""A landscape that is ready for a private cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.simulator import landscape as land

if TYPE_CHECKING:
    from tests.simulator.conftest import Azure


@pytest.fixture
async def ready(azure: Azure) -> Azure:
    """Everything that a private cluster with the shared zone needs."""
    await land.build_networks(azure)
    await land.build_zone(azure, "hub", "spoke")
    await land.build_identity(azure)
    return azure
