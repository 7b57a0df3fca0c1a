"""The whole life of a cluster by the command line alone: each test goes on where the one before it ended.

The local stack of the folder is found by itself; somebody else works in Azure meanwhile, who is no part of it.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from local.somebody import HOME, Somebody
from local.stack import Options, Stack
from tests.e2e.site import TAG

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]

ROOT = Path(__file__).parents[2]
SPEED = 200.0
ROUTE = (
    f"/subscriptions/{HOME}/resourceGroups/rg-payments/providers/Microsoft.Network"
    "/routeTables/rt-payments/routes/default-to-firewall"
)
KINDS = ("hub", "spoke", "cluster")
OURS = ("hub/weu", "spoke/payments", "cluster/payments")


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class Desk:
    """Whoever types, in the folder with the documents, and somebody else in the same Azure."""

    folder: Path
    somebody: Somebody

    async def type(self, *words: str, code: int = 0) -> Ran:
        """Type a command; fail where it does not end as it should."""
        command = [sys.executable, "-m", "cli", *words]
        settings = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "PYTHONPATH": str(ROOT)}
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *command, cwd=self.folder, env=settings, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe
        )
        out, err = await process.communicate()
        ran = Ran(process.returncode or 0, out.decode(), err.decode())
        assert ran.code == code, f"{' '.join(words)}: {ran}"
        return ran

    def edit(self, name: str, before: str, after: str) -> None:
        """Edit a document as a person would, comments and all."""
        file = self.folder / "documents" / f"{name}.yaml"
        text = file.read_text()
        assert text.count(before) == 1
        file.write_text(text.replace(before, after))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def desk(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    """Yield a folder in which the local stack runs."""
    folder = tmp_path_factory.mktemp("desk")
    settings = {"SPOKEWRIGHT_SWEEP_MINUTES": "10000"}
    async with Stack(Options(folder / ".local", SPEED, settings=settings)) as stack, Somebody(stack.endpoints) as other:
        yield Desk(folder, other)


async def test_it_begins_with_documents(desk: Desk) -> None:
    """A starter set is written, edited and checked, without anybody being asked; nothing is there yet."""
    ran = await desk.type("init", "documents", "--hub=weu", "--name=payments")
    assert [line.split()[0] for line in ran.out.splitlines()[:3]] == [f"documents/{one}.yaml" for one in KINDS]
    desk.edit("hub", "rules: [] ", "rules: [{addressWithin: 10.64.0.0/10, action: maybe}] ")
    wrong = await desk.type("validate", "-f", "documents", code=4)
    assert "documents/hub.yaml:25: $.spec.onboarding.rules[0].action" in wrong.out + wrong.err
    desk.edit("hub", "action: maybe", "action: approve")
    await desk.type("validate", "-f", "documents")
    assert (await desk.type("get", "all")).out == ""
    assert "there is no document Hub/weu" in (await desk.type("describe", "hub/weu", code=3)).err


async def test_diff_says_what_would_be_made(desk: Desk) -> None:
    """Before anything is applied, the plan of each document is shown; exit code 1: there are differences."""
    ran = await desk.type("diff", "-f", "documents", code=1)
    assert "azureFirewalls/afw-weu: firewall afw-weu is missing" in ran.out
    assert "waits for Hub/weu" in ran.out
    assert (await desk.type("get", "all")).out == ""


async def test_apply_creates_and_waits(desk: Desk) -> None:
    """All three are created; the steps are shown as they run; it ends when the cluster is proved."""
    ran = await desk.type("apply", "-f", "documents")
    assert ran.out.splitlines() == [f"{one} created" for one in OURS]
    waited = await desk.type("wait", "-f", "documents", "--for=condition=Ready", "--timeout=150s", "--every=0.3s")
    assert sorted(waited.out.splitlines()) == sorted(f"{one} ready" for one in OURS)
    assert any(
        line.split()[:4] == ["done", "hub/weu:", "create", "azureFirewalls/afw-weu"] for line in waited.err.splitlines()
    )
    assert "cluster/payments: verify managedClusters/aks-payments" in waited.err
    again = await desk.type("apply", "-f", "documents", "--wait")
    assert again.out.splitlines()[:3] == [f"{one} unchanged" for one in OURS]
    assert "nothing would change" in (await desk.type("diff", "-f", "documents")).out


async def test_it_can_be_looked_at(desk: Desk) -> None:
    """Lists, the description, the tree, the proof from the jump server, the events: all say that it is well."""
    assert (await desk.type("get", "all", "-o", "name")).out.split() == list(OURS)
    told = (await desk.type("describe", "cluster", "payments")).out
    assert told.startswith("cluster/payments   True   Provisioned\n")
    assert "managedClusters/aks-payments" in told
    assert told.endswith("  Nothing: it is as it asks to be\n")
    assert "└─ cluster/payments  True" in (await desk.type("topology")).out
    row = (await desk.type("resolution", "--evidence")).out
    assert row.splitlines()[1].split()[:2] == ["payments", "ok"]
    assert "Address: 10.64." in row
    assert "Cluster.Ready" in (await desk.type("events")).out
    assert "routes/default-to-firewall" in (await desk.type("history", "spoke/payments")).out


async def test_drift_is_shown_and_repaired(desk: Desk) -> None:
    """Somebody deletes a route: it is said where that was asked for, and mended where mending is the policy."""
    desk.edit("spoke", "drift: repair ", "drift: report ")
    changed = await desk.type("apply", "-f", "documents", "--wait", "--timeout=60s")
    assert "spoke/payments configured" in changed.out.splitlines()
    await desk.somebody.delete(ROUTE)
    await desk.type("wait", "spoke/payments", "--for=condition=Drifted", "--timeout=60s", "--every=0.2s")
    assert "Drifted" in (await desk.type("get", "spokes")).out
    told = (await desk.type("describe", "spoke/payments")).out
    assert "route default-to-firewall is missing" in told
    assert "set spec.drift to repair and apply it" in told
    desk.edit("spoke", "drift: report ", "drift: repair ")
    assert '- spec.drift: "report"' in (await desk.type("diff", "-f", "documents", code=1)).out
    await desk.type("apply", "-f", "documents", "--wait", "--timeout=60s")
    await desk.type("wait", "spoke/payments", "--for=condition=Drifted=False", "--timeout=60s", "--every=0.2s")
    assert await desk.somebody.get(ROUTE) is not None
    assert "Spoke.DriftRepaired" in (await desk.type("events")).out


async def test_a_network_is_approved(desk: Desk) -> None:
    """A network that asks to join is held; its plan is shown and approved by its hash, and it is attached."""
    group = await desk.somebody.group("rg-team")
    subnets = {"nodes": {"addressPrefix": "10.96.0.0/26"}}
    await desk.somebody.network(group, "vnet-team", ["10.96.0.0/24"], subnets, {TAG: "weu"})
    name = await held(desk)
    assert f"spokewright approve {name}" in (await desk.type("describe", name)).out
    refused = await desk.type("approve", name, "--hash", "0" * 64, "--yes", code=4)
    assert "Error: " in refused.err
    ran = await desk.type("approve", name, "--yes", "--by=Kim", "--reason=known to the platform team")
    assert "virtualNetworkPeerings/" in ran.out
    assert ran.out.splitlines()[-1] == f"{name} approved"
    await desk.type("wait", name, "--for=condition=Ready", "--timeout=60s", "--every=0.2s")
    assert "known to the platform team" in (await desk.type("audit", name)).out
    nothing = await desk.type("reject", "spoke/payments", "--yes", code=4)
    assert "there is nothing to decide" in nothing.err


async def held(desk: Desk) -> str:
    """Return what the network that asks is called, as soon as it is asked about."""
    for _ in range(300):
        listed = (await desk.type("get", "spokes", "--field", "metadata.origin=event", "-o", "name")).out.split()
        if listed:
            await desk.type("wait", listed[0], "--for=condition=Approved=False", "--timeout=60s", "--every=0.2s")
            return listed[0]
        await asyncio.sleep(0.1)
    raise AssertionError("no network asked to join within 30 s")


async def test_a_hub_in_use_is_not_deleted(desk: Desk) -> None:
    """What still has something attached is refused, in the API's words; nothing goes."""
    ran = await desk.type("delete", "hub/weu", "--yes", code=4)
    assert "Spoke/payments" in ran.err
    assert (await desk.type("delete", "hub/weu", code=2)).err.startswith("Error: nobody is there to be asked")
    assert len((await desk.type("get", "all", "-o", "name")).out.split()) == 4


async def test_everything_is_deleted(desk: Desk) -> None:
    """The onboarded network is given back when its tag goes; the rest is deleted in order, and nothing is left."""
    network = f"/subscriptions/{HOME}/resourceGroups/rg-team/providers/Microsoft.Network/virtualNetworks/vnet-team"
    (name,) = (await desk.type("get", "spokes", "--field", "metadata.origin=event", "-o", "name")).out.split()
    await desk.somebody.tag(network, "Delete", {TAG: "weu"})
    await desk.type("wait", name, "--for=delete", "--timeout=60s", "--every=0.2s")
    ran = await desk.type("delete", "-f", "documents", "--yes", "--wait", "--timeout=150s")
    assert "managedClusters/aks-payments" in ran.out
    assert sorted(line for line in ran.out.splitlines() if line.endswith(" gone")) == sorted(
        f"{one} gone" for one in OURS
    )
    assert (await desk.type("get", "all")).out == ""
    assert (await desk.type("audit", name)).out.count("\n") > 1
