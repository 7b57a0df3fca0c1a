"""Makes the reference pages that are made from code: `python -m docs.generate`. A test says when they are not current.

It writes what the code says, and decides nothing; what only people know is in the introductions here.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from docs import (
    app_settings,
    command_line,
    document_fields,
    host,
    lifecycle_events,
    problem_types,
    profiles,
    roles,
    telemetry_names,
)
from orchestration.api.openapi import build
from orchestration.app import VIEWS
from orchestration.triggers.http import COLLECTIONS
from shared.model import conditions
from shared.plan.cloud_init.egress import EGRESS
from shared.plan.diagnosis import MEANINGS
from shared.plan.rule_packs import PACKS, Application, Network, RulePack

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "docs" / "reference"
EVENT_SCHEMAS = ROOT / "docs" / "schemas" / "events"
NAMING_ONLY = ("conditions.py", "lifecycle.py")
NOTICE = "<!-- Made by `python -m docs.generate`; change the code or docs/generate.py, not this page. -->"

CONDITIONS = """\
# Conditions

What is true of a document now: `status.conditions`, shaped as in Kubernetes (`type`, `status` True, False or Unknown,
`reason`, `message`, `lastTransitionTime`). The message is for people; programs read `type`, `status` and `reason`.
They speak of `status.observedGeneration`; while that is not `metadata.generation`, nobody has looked at the newest
version yet. A type that a document does not have is Unknown.

"Set" says whether the code sets it today. What is not set yet belongs to what comes next (see the README).
"""

CONDITIONS_END = """\
## When it is looked at again

Whatever a document waits for wakes it. Beside that `status.retryAt` says when the timer wakes it: five minutes later
while it waits; after failures one minute, doubling to thirty. An event of Azure about something that it has wakes it,
if that is not as the last look saw it; so does the sweep (`SPOKEWRIGHT_SWEEP_MINUTES`), which compares everything by
lists. Whatever its state, it takes a look of its own when the last one is older than `SPOKEWRIGHT_LOOK_HOURS`, and a
cluster is proved again when its proof is older than `SPOKEWRIGHT_PROOF_MINUTES`. `POST .../retry` wakes it now.

A document is looked at 20 times at once and 20 times a minute; beyond that its look waits, and `Paced` says so.
While steps run the orchestration itself waits out Azure's locks (up to 90 minutes), throttling (60), passing faults
(15) and roles that have not propagated (65).

A hub whose DNS servers do not answer, or whose networks are being pointed at others, is looked at each minute.

A hub without a jump server cannot prove anything: its clusters are `Ready` once they are provisioned, and the message
says that nothing was verified.
"""

BROKEN_LINKS = """\
## Broken links

Reasons of `ApiServerResolvable` and `ApiServerReachable`, and of the rows of `GET /api/resolution`, where it was found
out which link of the chain from a machine to an API server is broken. They stand in the order of the chain; the first
that is broken is the one that is named. The message names the resource and ends with what to do. What each wants of
you: [names do not resolve](../how-to/names-do-not-resolve.md).
"""

PACKS_START = """\
# Rule packs

What the hub's firewall lets out, chosen by a hub's `spec.firewall.rulePack`. A pack becomes the rule collection group
of its own name, before the group of the hub's own `networkRules` and `applicationRules`, and before what clusters ask
for by `spec.egress.applicationRules`. The sources of a rule that names none are the hub's spoke pool and its own
address space, without a pool any; those of a cluster's rule are its spoke's address space.

In the pack's group are also the rule `dns`, for DNS servers beyond the hub's own network (port 53, UDP and TCP), where
there are such, and what the hub's machines need.

Source: Azure's page on outbound network and FQDN rules of AKS clusters, read in 2026-11. The packs were never tried on
a real firewall. What only public clusters or old node images need (UDP 1194, TCP 9000, NTP) is left out on purpose.
A private cluster reaches its API server through its private endpoint, which bypasses the firewall.
"""

PACKS_END = """\
`aks-private` opens every registry in Azure by its service tag, because that is what most begin with.
`aks-private-strict` does not: it wants a registry with a private endpoint, or rules of the hub's own.
The FQDN tag `AzureKubernetesService` has lacked names for days, so the names stand beside it.
"""

MACHINES = """\
## What the hub's machines need

From the subnets of the jump server and of DNS forwarders only, where the hub has them: to install themselves, to stay
up to date, and for people to sign in. Of the names of GitHub's downloads and of signing in nobody tried whether they
are enough.
"""


def pages() -> dict[str, str]:
    """Return every page that is made from code, by its file's name."""
    return {
        "command-line.md": command_line.page(_table, NOTICE),
        "conditions.md": conditions_page(),
        "documents.md": document_fields.page(_table, NOTICE),
        "events.md": events_page(),
        "host.md": host_page(),
        "problems.md": problems_page(),
        "roles.md": roles.page(NOTICE),
        "rule-packs.md": packs_page(),
        "settings.md": settings_page(),
        "telemetry.md": telemetry_names.page(_table, NOTICE),
    }


def events_page() -> str:
    """Return the page of lifecycle events."""
    return lifecycle_events.page(_table(("type", "says"), lifecycle_events.type_rows()), NOTICE)


def host_page() -> str:
    """Return the page of host.json."""
    known = _table(("key", "value", "here", "why"), host.key_rows())
    return host.page(known, _table(("key", "why"), host.left_out_rows()), NOTICE)


def openapi() -> str:
    """Return the API's description, as it is served."""
    return json.dumps(build(VIEWS, COLLECTIONS), indent=2) + "\n"


def problems_page() -> str:
    """Return the page of problem types."""
    types = _table(("type", "status", "means", "what to do"), problem_types.type_rows())
    return problem_types.page(types, _table(("code", "type", "said by"), problem_types.code_rows(ROOT)), NOTICE)


def conditions_page() -> str:
    """Return the page of condition types and reasons."""
    source = _code_that_sets_conditions()
    constants = {value: name for name, value in vars(conditions).items() if isinstance(value, str)}
    tables = (
        ("Types", conditions.TYPES),
        ("Reasons", conditions.REASONS),
        ("Reasons without a constant", _bare_reasons()),
    )
    parts = [NOTICE, CONDITIONS]
    for title, meanings in tables:
        if not meanings:
            continue
        name = "type" if title == "Types" else "reason"
        rows = (
            (f"`{value}`", meaning, "yes" if _is_set(value, constants.get(value), source) else "not yet")
            for value, meaning in meanings.items()
        )
        parts.append(f"## {title}\n\n{_table((name, 'means', 'set'), rows)}")
    links = _table(("reason", "means", "set"), _link_rows())
    return "\n".join([*parts, f"{BROKEN_LINKS}\n{links}", CONDITIONS_END])


def _link_rows() -> Iterator[tuple[str, ...]]:
    """Yield each link of the chain to an API server that may be broken."""
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "shared/plan/diagnosis").glob("*.py"))
    for link, meaning in MEANINGS.items():
        # Once where it is defined and once where it is explained; whatever is more names it.
        known = len(re.findall(rf"\bBrokenLink\.{link.name}\b", code)) > 1
        yield f"`{link.value}`", meaning, "yes" if known else "not yet"


def _code_that_sets_conditions() -> str:
    """Return the code beside the modules that only name conditions."""
    files = sorted(path for folder in ("shared", "orchestration") for path in (ROOT / folder).rglob("*.py"))
    return "\n".join(path.read_text(encoding="utf-8") for path in files if path.name not in NAMING_ONLY)


def _is_set(value: str, constant: str | None, source: str) -> bool:
    named = constant is not None and re.search(rf"\b(conditions|c)\.{constant}\b", source)
    return bool(named) or re.search(rf"code=\"{value}\"|Wait\(\"{value}\"", source) is not None


def _bare_reasons() -> dict[str, str]:
    """Return reasons that are written as text where they are used, and so have no meaning of their own in the code."""
    found = sorted(set(re.findall(r"Wait\(\"(\w+)\"", _code_that_sets_conditions())))
    meaning = "See the message: it says what is missing and who has to make it."
    return {value: meaning for value in found if value not in conditions.REASONS}


def packs_page() -> str:
    """Return the page of rule packs."""
    rows = (
        (
            f"`{one.name}`",
            "<br>".join(f"`{name}`" for name in one.fqdns),
            str(one.port),
            ", ".join(one.machines),
            one.purpose,
        )
        for one in EGRESS
    )
    machines = _table(("rule", "destinations", "port", "machines", "for"), rows)
    return "\n".join([NOTICE, PACKS_START, *map(_pack, PACKS.values()), PACKS_END, MACHINES, machines])


def _pack(pack: RulePack) -> str:
    rows = [*map(_network_row, pack.network), *map(_application_row, pack.application)]
    table = _table(("rule", "kind", "destinations", "protocols"), rows)
    return f"## `{pack.name}`, version {pack.version}\n\n{table}"


def _network_row(rule: Network) -> tuple[str, ...]:
    reached = "<br>".join(f"`{each}`" for each in (*rule.destinations, *rule.fqdns))
    return f"`{rule.name}`", "network", reached, f"{'/'.join(rule.protocols)} {', '.join(rule.ports)}"


def _application_row(rule: Application) -> tuple[str, ...]:
    tags = (f"FQDN tag `{tag}`" for tag in rule.fqdn_tags)
    names = (f"`{name}`" for name in rule.fqdns)
    protocols = ", ".join(f"{protocol.upper()} {port}" for protocol, port in rule.protocols)
    return f"`{rule.name}`", "application", "<br>".join([*tags, *names]), protocols


def settings_page() -> str:
    """Return the page of app settings."""
    read = _table(("setting", "default", "meaning"), app_settings.rows())
    constant = _table(("setting", "value", "set", "why"), profiles.setting_rows())
    return app_settings.page(read, constant, NOTICE)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    return "\n".join(_lines(head, rows)) + "\n"


def _lines(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)
    yield from (f"| {' | '.join(row)} |" for row in rows)


def main() -> None:
    """Write the pages, the schemas of the events' data, the API's description, and the command line's schemas."""
    for folder, files in ((REFERENCE, pages()), (EVENT_SCHEMAS, lifecycle_events.schemas())):
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
    (ROOT / "docs" / "openapi.json").write_text(openapi(), encoding="utf-8")
    for schema in (ROOT / "docs" / "schemas").glob("*.schema.json"):
        shutil.copyfile(schema, ROOT / "cli" / "schemas" / schema.name)  # they ship with the command line


if __name__ == "__main__":
    main()
