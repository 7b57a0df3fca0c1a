"""Back up and restore over HTTP: the store's rows a page at a time, for whoever administers the app."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from orchestration import backups
from orchestration.access.guard import caller_of
from orchestration.triggers.http import json_in, reply
from orchestration.triggers.parameters import check_known, text_in
from shared.model.errors import Invalid, Problem
from shared.store.backup import FORMAT, KEPT, VERSION

if TYPE_CHECKING:
    import azure.functions as func

    from orchestration.dependencies import Dependencies
    from orchestration.waking import DurableClient

    Json = dict[str, Any]

LARGEST = 4_000_000
"""Bytes of a part of a restore."""

PARAMETERS = ("table", "after")
MEMBERS = {"begin": ("begin", "missing"), "rows": ("restore", "rows"), "end": ("restore", "end")}
"""What a part of a restore has, by the member that says which part it is."""


async def get_backup(dependencies: Dependencies, request: func.HttpRequest) -> func.HttpResponse:
    """Answer with what a backup begins with, or with a page of a table's rows."""
    check_known(request, PARAMETERS)
    table, after = text_in(request, "table", KEPT), text_in(request, "after")
    if table is None:
        return reply(await backups.manifest(dependencies.store))
    page = await dependencies.store.backup.page(table, None if after is None else _place(after))
    more = {} if page.after is None else {"after": json.dumps(page.after)}
    return reply({"rows": list(page.rows), **more})


async def restore(dependencies: Dependencies, client: DurableClient, request: func.HttpRequest) -> func.HttpResponse:
    """Take one part of a restore: its beginning, some rows, or its end."""
    body = json_in(request, LARGEST)
    part = _part_in(body)
    if part == "begin":
        return reply(await backups.begin(dependencies, missing=body.get("missing", False)))
    who = caller_of(dependencies, request)
    if part == "end":
        return reply(await backups.end(dependencies, client, body["restore"], who))
    return reply(await backups.take(dependencies, body["restore"], backups.rows_in(body["rows"]), who))


def _place(after: str) -> tuple[str, str]:
    try:
        partition, key = json.loads(after)
    except (ValueError, TypeError, RecursionError):
        partition = key = None
    if not isinstance(partition, str) or not isinstance(key, str):
        raise Invalid([Problem("?after", "has to be `after` of the page before")])
    return partition, key


def _part_in(body: Any) -> str:
    """Return which part of a restore a body is; raise Invalid where it is none."""
    given = set(body) if isinstance(body, dict) else set()
    part = next((name for name, members in MEMBERS.items() if name in given and given <= set(members)), None)
    if part is None:
        raise Invalid([Problem("$", "has to be {begin, missing?}, {restore, rows} or {restore, end}")])
    if part != "begin" and not isinstance(body.get("restore"), str):
        raise Invalid([Problem("$.restore", "the id that the beginning was answered with is missing")])
    if part == "begin":
        _check_begin(body)
    return part


def _check_begin(body: Json) -> None:
    told = body["begin"]
    if not isinstance(told, dict) or (told.get("format"), told.get("version")) != (FORMAT, VERSION):
        message = f'only {{"format": "{FORMAT}", "version": {VERSION}}} can be restored by this version of the app'
        raise Invalid([Problem("$.begin", message)])
    if not isinstance(body.get("missing", False), bool):
        raise Invalid([Problem("$.missing", "has to be true or false")])
