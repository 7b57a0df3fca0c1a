"""Pages of long lists: `nextLink` with an opaque $skipToken."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from local.simulator.answer import ArmError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.simulator.dispatch import Sent
    from local.simulator.resource import Json


def read_offset(query: Mapping[str, str]) -> int:
    """Read where the page begins."""
    token = query.get("$skiptoken")
    if not token:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token).decode().removeprefix("at:"))
    except (ValueError, binascii.Error) as wrong:
        raise ArmError(400, "InvalidSkipToken", f"The skip token '{token[:60]}' is invalid.") from wrong


def write_page(sent: Sent, shown: list[Json], following: int | None) -> Json:
    """Write a page, with the link to the one that begins at `following`."""
    page: Json = {"value": shown}
    if following is not None:
        token = base64.urlsafe_b64encode(f"at:{following}".encode()).decode()
        query = {name: value for name, value in sent.query.items() if name != "$skiptoken"}
        page["nextLink"] = f"{sent.base}{sent.path}?{urlencode({**query, '$skiptoken': token})}"
    return page
