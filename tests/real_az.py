"""The real `az` command line against the simulator: opt-in, because it downloads azure-cli (some 600 MB installed).

    python -m tests.real_az CACHE_DIRECTORY [--endpoints DIR/endpoints.json]

Makes its own virtual environment with the unmodified azure-cli from PyPI below the cache directory, registers the
simulator as a cloud, logs in with managed identity and runs the commands that operators use. With --endpoints it
talks to a stack that is up, and so shows what Spokewright made; without, to a simulator of its own.

With --hub NAME beside --endpoints it makes a network with `az network vnet create --tags spokewright-hub=NAME`, waits
until the hub has it (one of its rules has to take it in), takes the tag off and waits until it is as before.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from pathlib import Path

from local.simulator.server import Simulator

AZURE_CLI = "azure-cli"
GROUP = "rg-real-az"
TAG = "spokewright-hub"
ASKING = "10.127.0.0/24"
PATIENCE = 120.0

Run = Callable[[str], subprocess.CompletedProcess[str]]


def main() -> int:
    """Run all commands; the exit status says whether each did what it should."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cache", type=Path, help="where the virtual environment of azure-cli is kept")
    parser.add_argument("--endpoints", type=Path, help="endpoints.json of a stack that is up")
    parser.add_argument("--hub", help="a hub of that stack which takes in networks that ask to join")
    options = parser.parse_args()
    az = ensure_az(options.cache)
    with tempfile.TemporaryDirectory() as home:
        if options.endpoints:
            return run_all(az, json.loads(options.endpoints.read_text()), Path(home), own=False, hub=options.hub)
        return asyncio.run(run_beside_simulator(az, Path(home)))


def say(text: str) -> None:
    """Print at once, also into a pipe."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def ensure_az(cache: Path) -> Path:
    """Install azure-cli below the cache directory, once."""
    place = cache / "azure-cli"
    az = place / "bin" / "az"
    if not az.exists():
        say(f"installing {AZURE_CLI} into {place} ...")
        venv.create(place, with_pip=True)
        subprocess.run([place / "bin" / "pip", "install", "--quiet", AZURE_CLI], check=True)
    return az


async def run_beside_simulator(az: Path, home: Path) -> int:
    """Start a simulator in this process and run the commands beside it."""
    simulator = Simulator(home / "state", speed=100)
    await simulator.start()
    try:
        return await asyncio.to_thread(run_all, az, simulator.endpoints, home, own=True)
    finally:
        await simulator.stop()


def run_all(az: Path, endpoints: dict[str, str], home: Path, *, own: bool, hub: str = "") -> int:
    """Log in and run every command; count what went wrong."""
    environment = {
        **os.environ,
        "HOME": str(home),
        "AZURE_CONFIG_DIR": str(home / "azure"),
        "AZURE_CORE_COLLECT_TELEMETRY": "no",
        "IDENTITY_ENDPOINT": endpoints["identity"],
        "IDENTITY_HEADER": endpoints["identityHeader"],
        "REQUESTS_CA_BUNDLE": endpoints["caBundle"],
    }

    def run(command: str) -> subprocess.CompletedProcess[str]:
        say(f"$ az {command}")
        done = subprocess.run([az, *command.split()], env=environment, capture_output=True, text=True, check=False)
        say((done.stdout if done.returncode == 0 else done.stderr).rstrip())
        return done

    commands = [
        f"cloud register -n sim --endpoint-resource-manager {endpoints['arm']}",
        "cloud set -n sim",
        "login --identity -o none",
        *(own_commands() if own else []),
        f"group create -n {GROUP} -l westeurope -o none",
        f"network vnet create -g {GROUP} -n by-az --address-prefixes 192.168.250.0/24 -o none",
        "network vnet list -o table",
    ]
    failures = sum(run(command).returncode != 0 for command in commands)
    failures += show_everything(run)
    failures += join_and_leave(run, hub) if hub else 0
    failures += sum(run(command).returncode != 0 for command in (f"group delete -n {GROUP} -y",))
    say("az works" if not failures else f"{failures} commands failed")
    return 1 if failures else 0


def join_and_leave(run: Run, hub: str) -> int:
    """Make a network that asks to join a hub, and let it leave again; count what went wrong."""
    member = f"-g {GROUP} --vnet-name asks -n nodes"
    make = f"network vnet create -g {GROUP} -n asks --address-prefixes {ASKING} --subnet-name nodes -o none"
    wanted = ["Connected", "FullyInSync"]
    peerings = f"network vnet peering list -g {GROUP} --vnet-name asks --query [].[peeringState,peeringSyncLevel]"
    failures = run(f"{make} --subnet-prefixes {ASKING} --tags {TAG}={hub}").returncode
    failures += not shows(run, f"{peerings} -o json", [wanted])
    failures += not shows(run, f"network vnet subnet show {member} --query routeTable!=null -o json", wanted=True)
    failures += run(f"network vnet update -g {GROUP} -n asks --remove tags.{TAG} -o none").returncode
    failures += not shows(run, f"{peerings} -o json", [])
    failures += not shows(run, f"network vnet subnet show {member} --query routeTable!=null -o json", wanted=False)
    return failures


def shows(run: Run, command: str, wanted: object) -> bool:
    """Ask again and again until the answer is the wanted one; say whether it was within the time."""
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit:
        done = run(command)
        if done.returncode == 0 and json.loads(done.stdout or "null") == wanted:
            return True
        time.sleep(1)
    say(f"the answer was not {wanted} within {PATIENCE:.0f} s")
    return False


def own_commands() -> list[str]:
    """Make a small hub and spoke for the lists to show."""
    zone = "privatelink.westeurope.azmk8s.io"
    spoke = "--address-prefixes 10.64.0.0/22 --subnet-name nodes --subnet-prefixes 10.64.0.0/24"
    hop = "--address-prefix 0.0.0.0/0 --next-hop-type VirtualAppliance --next-hop-ip-address 10.0.0.4"
    peering = "network vnet peering create --allow-vnet-access -o none -g rg-az"
    made = "-o none -g rg-az"
    return [
        "group create -n rg-az -l westeurope -o none",
        f"network vnet create {made} -n hub --address-prefixes 10.0.0.0/22",
        f"network vnet create {made} -n spoke {spoke}",
        f"{peering} -n to-spoke --vnet-name hub --remote-vnet spoke",
        f"{peering} -n to-hub --vnet-name spoke --remote-vnet hub",
        f"network route-table create {made} -n egress",
        f"network route-table route create {made} --route-table-name egress -n default {hop}",
        f"network private-dns zone create {made} -n {zone}",
        f"network private-dns link vnet create {made} -z {zone} -n hub -v hub -e false",
    ]


def show_everything(run: Run) -> int:
    """Show each peering, route table, zone link and cluster of the subscription; count failures."""
    found = json.loads(run("resource list -o json").stdout or "[]")
    shows = {
        "microsoft.network/virtualnetworks": "network vnet peering list -g {g} --vnet-name {n} -o table",
        "microsoft.network/routetables": "network route-table show -g {g} -n {n} -o table",
        "microsoft.network/privatednszones": "network private-dns link vnet list -g {g} -z {n} -o table",
        "microsoft.containerservice/managedclusters": "aks show -g {g} -n {n} -o table",
    }
    failures = 0
    for resource in found:
        show = shows.get(resource["type"].lower())
        if show:
            failures += run(show.format(g=resource["resourceGroup"], n=resource["name"])).returncode != 0
    return failures


if __name__ == "__main__":
    sys.exit(main())
