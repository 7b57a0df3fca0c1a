"""What machines are asked to run for a proof: in parts that fit what a run command gives back, and put together."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import IPv4Address
from types import SimpleNamespace
from typing import Any

import pytest

from orchestration import names
from orchestration.activities import dns_proof, errands
from orchestration.orchestrators.verify import verify
from shared.model.related import Related
from shared.model.resource_id import ResourceId
from shared.plan import probe
from shared.plan.dns import consumers, proof
from shared.plan.dns.consumers import Consumer
from tests.model.samples import hub

RETURNED = 4096
"""Bytes that Azure's run command gives back."""

MACHINE = ResourceId.parse(
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/vm"
)
SERVERS = [str(IPv4Address("10.9.0.4") + number) for number in range(20)]
LONG = f"{'a' * 54}-{'b' * 8}.{'c' * 32}.privatelink.germanywestcentral.azmk8s.io"
PUBLIC = "".join(
    f"{alias}.microsoft.com\tcanonical name = {alias}.traffic.net.\n" for alias in ("mcr", "mcr-0", "mcr-1")
)


def printed(name: str, server: str, aliases: str = "") -> str:
    """Return what nslookup prints, as long as it gets."""
    answers = "".join(f"Name:\t{name}\nAddress: 203.0.113.{number}\n" for number in range(2))
    return f"Server:\t\t{server}\nAddress:\t{server}#53\n\nNon-authoritative answer:\n{aliases}{answers}\n"


def test_the_answers_of_twenty_servers_fit() -> None:
    """No script prints more than comes back, however many servers there are, and each is asked once for both names."""
    document = hub(dns={"customServers": SERVERS})
    scripts = proof.scripts(document)
    for script in scripts:
        output = "".join(
            printed(proof.PUBLIC_NAME, SERVERS[0], PUBLIC) if line.startswith("nslookup") else f"{line}\n"
            for line in script
        )
        assert len(output.encode()) < RETURNED
    lines = [line for script in scripts for line in script if line.startswith("nslookup")]
    assert len(lines) == len(set(lines)) == 2 * len(SERVERS)


def test_the_rows_of_twenty_servers_fit() -> None:
    """The same of a cluster with the longest name, asked for at every server."""
    rows = [Consumer(f"dns/{server}", None, MACHINE, (server,), directly=True) for server in SERVERS]
    scripts = consumers.scripts([Consumer("hub", None, MACHINE), *rows], MACHINE, LONG)
    for script in scripts:
        output = "".join(printed(LONG, SERVERS[0]) if line.startswith("n") else f"{line}\n" for line in script)
        assert len(output.encode()) < RETURNED
    titles = [title for script in scripts for title in probe.sections("\n".join(line[6:-1] for line in script))]
    assert titles == ["own", *(f"at {server}" for server in SERVERS)]


def test_errands_are_found_by_name() -> None:
    """Without a name it is the first; what is no more is not found."""
    known = dns_proof.errands(hub(dns={"customServers": SERVERS}), Related())
    assert errands.find(known, None) == known[0]
    assert errands.find(known, known[-1].name.upper()) == known[-1]
    assert errands.find(known, f"{MACHINE}#0") is None


def test_answers_of_one_machine_are_one() -> None:
    """Outputs follow each other; one error is the machine's; another machine's is its own."""
    other = str(MACHINE).replace("/vm", "/agent")
    job = {
        "answer": {"state": "Succeeded", "output": "one"},
        "others": {
            f"{MACHINE}#1": {"state": "Succeeded", "output": "two"},
            f"{other}#0": {"state": "Failed", "error": {"message": "gone"}},
        },
    }
    found = errands.answers(job, MACHINE)
    assert found[MACHINE.key] == {"state": "Succeeded", "output": "one\ntwo"}
    assert found[ResourceId.parse(other).key]["state"] == "Failed"
    assert errands.together(job)["state"] == "Failed"


class Context:
    """What the orchestrator uses of its context: it notes what was called for."""

    def __init__(self) -> None:
        self.current_utc_datetime = datetime(2026, 1, 1, tzinfo=UTC)
        self.calls: list[tuple[str, Any]] = []

    def get_input(self) -> Any:
        """Return the job."""
        return {"document": "Hub/weu", "run": "r"}

    def call_activity(self, name: str, job: Any) -> Any:
        """Note an activity."""
        self.calls.append((name, job))
        return SimpleNamespace(name=name)

    def call_sub_orchestrator(self, name: str, job: Any) -> Any:
        """Note a sub-orchestration."""
        self.calls.append((name, job))
        return SimpleNamespace(name=name)

    def task_all(self, tasks: list[Any]) -> Any:
        """Wait for all of them."""
        return SimpleNamespace(name="all", tasks=tasks)


@pytest.mark.parametrize("further", [[], ["vm#1", "agent#0"]], ids=["one machine", "several"])
def test_further_errands_are_run_beside_each_other(further: list[str]) -> None:
    """What the jump server's answer names is run at once, and all answers are recorded together."""
    context: Any = Context()
    running = verify(context)
    next(running)
    answer = {"state": "Succeeded", "output": "one", **({"machines": further} if further else {})}
    asked = running.send(answer)
    if further:
        assert [name for name, _ in context.calls[1:]] == [names.PROBE] * len(further)
        assert asked.name == "all"
        running.send([{"state": "Succeeded", "output": name} for name in further])
    name, job = context.calls[-1]
    assert name == names.RECORD_VERIFICATION
    assert list(job.get("others", {})) == further
