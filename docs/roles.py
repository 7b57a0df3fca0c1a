"""The page of roles: what each identity may do where, from the definitions that are deployed."""

from __future__ import annotations

import json
from collections.abc import Iterator

from local.rights import CONDITION, DEFINITIONS, IDENTITIES, ROLES, Role

START = """\
# Roles

Spokewright acts as three identities, so that whoever gets hold of one token can do one thing. Which one asks is decided
by the kind of resource, at the one door to Azure Resource Manager (`shared/arm/kinds.py`).

| identity | app setting | does |
|---|---|---|
| `reader` | `{reader}` | every read and every question to Resource Graph; opens the store, the queues and the topic |
| `network` | `{network}` | writes networks, firewalls, names, machines and resource groups; runs the proof's commands |
| `clusters` | `{clusters}` | writes clusters and their identities, and gives these two roles |

Each role is a custom one that lists single actions (`infra/roles`). The lists are derived: a test takes two hubs,
spokes, clusters of every zone mode, an adopted network and an attached cluster through a whole life in the simulated
Azure, which refuses what no role allows, and compares what its journal says was needed with the definitions, both ways
(`tests/e2e/test_roles.py`). The reader may also read every kind that the diagnosis may ask for.

Roles of hubs are assigned at the hubs' resource groups, which the deployment makes; commands at the machines that
spokes name; the reader's in the subscriptions of both; the rest at the subscriptions of spokes, or at a management
group above them. The local stack gives the app the same roles.
"""

CONDITION_START = """\
## What the clusters' identity may give away

Its assignments carry a condition: it may give, and take, two built-in roles, to service principals only.

"""

END = """\
## What is worth knowing

- `Microsoft.Resources/subscriptions/resourceGroups/delete` deletes a group with everything in it, whoever made that.
  Spokewright deletes groups that carry its tag, those it made and hubs' groups, which the Bicep makes with that tag,
  and only while nothing in them is somebody else's; the role cannot say so. The roles in a hub's group go with it.
  Where every spoke's group is made by others, it can be left out: the deletion of such a document then says `Denied`.
- `Microsoft.Compute/virtualMachines/runCommand/action` is root on a machine. At a hub's group these are the hub's own
  machines; for machines that spokes name (`dns.machineId`) it is a role of its own, to be assigned to those machines.
- Operations are looked at as the identity that began them. Where their URL lies in a resource group that takes a role
  (`privateDnsOperationStatuses`, `dnsResolverOperationStatuses`); where it lies outside of it none, in the simulated
  Azure as with every identity that has roles in one group only.
- A network that joins needs these roles where it lies. What is lacking is said before anything is written
  ([onboarding](../how-to/onboarding.md)).
- A central zone (`dns.zoneId`, `privateDns.zoneId`) needs the hub roles at its group.
"""


def page(notice: str) -> str:
    """Return the page."""
    sections = [START.format(**IDENTITIES), *map(_section, DEFINITIONS), CONDITION_START + _condition(), END]
    return f"{notice}\n" + "\n".join(sections)


def _section(role: Role) -> str:
    definition = json.loads((ROLES / f"{role.name}.json").read_text(encoding="utf-8"))
    actions = (action for permission in definition["permissions"] for action in permission["actions"])
    lines = [f"## {definition['roleName']}", "", definition["description"]]
    lines += [f"Identity `{role.identity}`, `infra/roles/{role.name}.json`.", "", *_grouped(actions), ""]
    return "\n".join(lines)


def _grouped(actions: Iterator[str]) -> Iterator[str]:
    """Yield a line for each type, with what is done to it."""
    verbs: dict[str, list[str]] = {}
    for action in actions:
        type_, _, verb = action.removesuffix("/action").rpartition("/")
        verbs.setdefault(type_, []).append(verb)
    yield from ("| type | actions |", "|---|---|")
    yield from (f"| `{type_}` | {', '.join(sorted(found))} |" for type_, found in verbs.items())


def _condition() -> str:
    return f"```text\n{CONDITION.read_text(encoding='utf-8')}```\n"
