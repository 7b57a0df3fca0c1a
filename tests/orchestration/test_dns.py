"""A hub's DNS over HTTP: servers, whose turn it is, what servers on-premises are told; as JSON and as plain text."""

from __future__ import annotations

from typing import Any

import pytest

from cli.commands.dns import FORMATS as CLI_FORMATS
from orchestration.triggers.dns import FORMATS, get_dns
from shared.model.envelope import DocumentKey
from shared.plan.dns import view as viewed
from tests.model import samples
from tests.model.samples import NETWORK, sample
from tests.orchestration.test_http import Api, api

__all__ = ["api"]

Json = dict[str, Any]

ZONE = "privatelink.westeurope.azmk8s.io"
OURS = ["10.0.1.4", "10.0.1.5"]
TIME = "2026-11-26T18:22:31+00:00"
SILENT = "10.0.1.5 does not answer; look at its machine, the way to it, and what lets port 53 through"
SAID = {"type": "DnsServersAnswer", "status": "False", "reason": "DnsServerFails", "message": SILENT}
PROOF: Json = {
    "servers": {OURS[0]: {"answers": True, "message": ""}, OURS[1]: {"answers": False, "message": SILENT}},
    "moved": ["Hub"],
    "generation": 1,
    "time": TIME,
}
CHANGING: Json = {
    "hub": OURS,
    "spokes": OURS,
    "before": {"hub": [], "spokes": []},
    "turn": ["payments"],
    "moved": ["Hub"],
}


async def stored(api: Api, hub: Json, *spokes: Json, **outputs: Any) -> None:
    """Store a hub that was looked at, and its spokes."""
    for document in (hub, *spokes):
        status, problem, _ = await api.put(document)
        assert status == 202, problem
    seen: Json = {"conditions": [SAID], "outputs": outputs} if outputs else {}
    await api.dependencies.store.documents.update_status(DocumentKey("Hub", "weu"), lambda old: old | seen)


async def asked(api: Api, query: str = "", **headers: str) -> tuple[int, Any, dict[str, str]]:
    """Ask for the DNS of hub weu."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await api.call(get_dns, "hubs/weu", query=query, headers=named)


def forwarding(**changes: Any) -> Json:
    """Return a hub with forwarders."""
    return sample("Hub", dns__mode="forwarder", **changes)


async def test_a_hub_with_forwarders_says_all(api: Api) -> None:
    """Each server with what it does instead, whose network has what, whose turn it is, and the configurations."""
    have = {"dnsServers": OURS, "firewallPrivateIp": "10.0.0.4"}
    adopted = sample("Spoke", "theirs", addressSpace=samples.ABSENT, virtualNetworkId=NETWORK)
    await stored(api, forwarding(), sample("Spoke"), adopted, dns=CHANGING, dnsProof=PROOF, **have)
    status, shown, _ = await asked(api)
    assert (status, shown["hub"], shown["mode"]) == (200, "weu", "forwarder")
    assert shown["condition"] == {name: SAID[name] for name in ("status", "reason", "message")}
    first, second = shown["servers"]
    network = first.pop("network")
    assert network.endswith("/virtualNetworks/vnet-hub-weu")
    assert first == {"address": OURS[0], "role": "forwarder", "answers": True, "message": "", "checked": TIME}
    assert (second["answers"], second["message"], second["checked"]) == (False, SILENT, TIME)
    assert shown["networks"] == {
        "target": OURS,
        "hubTarget": OURS,
        "decided": {"hub": OURS, "spokes": OURS},
        "present": {"Hub": OURS, "payments": None},
        "changing": True,
        "back": False,
        "moved": ["Hub"],
        "turn": ["payments"],
        "adopted": ["theirs"],
        "progress": "1 of 2 networks have 10.0.1.4, 10.0.1.5; next: payments",
    }
    assert (shown["inbound"], shown["zones"], shown["forward"], shown["note"]) == (OURS, [ZONE], None, None)
    assert [one["format"] for one in shown["configurations"]] == list(FORMATS)
    assert all(OURS[0] in one["text"] and ZONE in one["text"] for one in shown["configurations"])


CUSTOM = ["10.17.0.4", "192.168.7.4"]
EXTERNAL: Json = {"mode": "external", "customServers": CUSTOM}
PLACED = EXTERNAL | {"serverNetworks": [NETWORK]}
BESIDE: Json = {"forwarder": {}}
ENDPOINT = "10.0.0.100"
MODES: dict[str, tuple[Json, list[str], list[str], Any]] = {
    "azure": ({"mode": "azure"}, [], [], viewed.NOBODY),
    "azure, with forwarders beside": ({"mode": "azure"} | BESIDE, OURS, OURS, None),
    "forwarder": ({"mode": "forwarder"}, OURS, OURS, None),
    "resolver": ({"mode": "resolver"}, [ENDPOINT], [ENDPOINT], None),
    "external, of whom nobody knows where": (EXTERNAL, CUSTOM, CUSTOM, viewed.OUTSIDE),
    "external, in a known network": (PLACED, CUSTOM, CUSTOM, None),
    "external, with forwarders beside": (EXTERNAL | BESIDE, OURS, [*CUSTOM, *OURS], None),
}


@pytest.mark.parametrize("name", MODES)
async def test_every_mode_says_where_on_premises_asks(api: Api, name: str) -> None:
    """The mode's servers; forwarders where they stand beside those of others; else what to do to get some."""
    dns, inbound, addresses, note = MODES[name]
    await stored(api, sample("Hub", dns=dns))
    _, shown, _ = await asked(api)
    assert (shown["inbound"], shown["note"]) == (inbound, note)
    assert [server["address"] for server in shown["servers"]] == addresses
    assert {server["answers"] for server in shown["servers"]} <= {None}
    assert len(shown["configurations"]) == (len(FORMATS) if inbound else 0)
    assert (shown["forward"] is not None) is (dns["mode"] == "external")


@pytest.mark.parametrize("name", [name for name in MODES if name != "azure"])
async def test_what_was_not_asked_says_why(api: Api, name: str) -> None:
    """Every server is asked, those too that only servers on-premises ask; at first none was."""
    dns, _, _, _ = MODES[name]
    await stored(api, sample("Hub", dns=dns))
    for server in (await asked(api))[1]["servers"]:
        assert server["message"] == "not asked yet"


NOW: Json = {"hub": OURS, "spokes": OURS}
NAMED = "10.0.1.4, 10.0.1.5"
STATES: dict[str, tuple[Json, Json, str]] = {
    "by Azure": ({"mode": "azure"}, {}, "networks ask Azure's own resolver"),
    "not proven yet": (
        {"mode": "forwarder"},
        {},
        f"networks get {NAMED} as soon as every server answered; until then they keep what they have",
    ),
    "proven": ({"mode": "forwarder"}, NOW, f"networks ask {NAMED}, which answered before"),
    "between two": (
        {"mode": "forwarder"},
        CHANGING | {"turn": []},
        f"1 of 2 networks have {NAMED}; next: nobody until the servers answered again",
    ),
    "back": (
        {"mode": "forwarder"},
        {"hub": [], "spokes": [], "before": NOW, "back": True},
        "a server fell silent: networks go back to Azure's own resolver",
    ),
    "away from servers": (
        {"mode": "azure"},
        NOW,
        "networks get Azure's own resolver from the next look on; until then they keep what they have",
    ),
    "no address yet": (
        {"mode": "forwarder", "viaFirewall": True},
        {},
        "the firewall, which spokes are to ask, has no address yet; until then networks keep what they have",
    ),
}


@pytest.mark.parametrize("name", STATES)
async def test_progress_is_a_sentence(api: Api, name: str) -> None:
    """How far the networks have got, in each state in which they can be."""
    dns, decided, words = STATES[name]
    await stored(api, sample("Hub", dns=dns, firewall={"dnsProxy": True}), sample("Spoke"), dns=decided or None)
    assert (await asked(api))[1]["networks"]["progress"] == words


async def test_external_servers_are_told_what_to_forward(api: Api) -> None:
    """The zones, Azure's resolver, and the networks that have to be linked."""
    await stored(api, sample("Hub", dns=PLACED | {"forwardedZones": ["privatelink.vaultcore.azure.net"]}))
    _, shown, _ = await asked(api)
    for word in ("azmk8s.io, privatelink.vaultcore.azure.net", "168.63.129.16", "vnet-hub-weu, old"):
        assert word in shown["forward"]
    assert shown["zones"] == [ZONE, "privatelink.vaultcore.azure.net"]


async def test_the_firewall_is_a_server_where_spokes_ask_it(api: Api) -> None:
    """It is asked like the servers behind it; while it has no address the target is not known."""
    hub = sample("Hub", dns={"mode": "forwarder", "viaFirewall": True}, firewall={"dnsProxy": True})
    await stored(api, hub)
    assert (await asked(api))[1]["networks"]["target"] is None
    await stored(api, hub, firewallPrivateIp="10.0.0.4")
    _, shown, _ = await asked(api)
    assert [(one["address"], one["role"]) for one in shown["servers"]][-1] == ("10.0.0.4", "firewall")
    assert (shown["networks"]["target"], shown["networks"]["hubTarget"]) == (["10.0.0.4"], OURS)


async def test_a_server_that_is_named_no_more_is_shown_while_networks_have_it(api: Api) -> None:
    """Networks keep what they had until the new ones are proven, so it is asked and shown."""
    old = {"hub": ["10.17.0.9"], "spokes": ["10.17.0.9"]}
    await stored(api, forwarding(), dns=old, dnsServers=["10.17.0.9"])
    shown = (await asked(api))[1]["servers"]
    assert [(one["address"], one["role"]) for one in shown][-1] == ("10.17.0.9", "earlier")


async def test_a_cluster_s_own_zone_among_them_is_said(api: Api) -> None:
    """Nobody forwards a zone that goes with its cluster: no configuration, and which zone to name instead."""
    own = "0f1e2d3c-1111-2222-3333-444455556666.privatelink.westeurope.azmk8s.io"
    await stored(api, forwarding(dns__forwardedZones=[own]))
    status, shown, _ = await asked(api)
    assert (status, shown["configurations"]) == (200, [])
    assert "forward privatelink.westeurope.azmk8s.io instead" in shown["note"]


@pytest.mark.parametrize("format_", FORMATS)
async def test_one_configuration_is_plain_text(api: Api, format_: str) -> None:
    """It is the text that stands in the whole answer, with a tag by which it is asked for again."""
    await stored(api, forwarding())
    _, shown, _ = await asked(api)
    request = _request(f"format={format_}", Accept="text/plain")
    answer = await get_dns(api.dependencies, request)
    assert (answer.status_code, answer.mimetype) == (200, "text/plain")
    assert answer.get_body().decode() == next(
        one["text"] for one in shown["configurations"] if one["format"] == format_
    )
    again = await get_dns(api.dependencies, _request(f"format={format_}", If_None_Match=answer.headers["ETag"]))
    assert (again.status_code, again.get_body()) == (304, b"")


def _request(query: str, **headers: str) -> Any:
    import azure.functions as func  # noqa: PLC0415 - as the handlers do

    named = {name.replace("_", "-"): value for name, value in headers.items()}
    url = f"/api/hubs/weu/dns?{query}"
    return func.HttpRequest("GET", url, headers=named, route_params={"name": "weu"}, body=b"")


WRONG: dict[str, tuple[str, str]] = {
    "a format that is not known": ("format=djbdns", ""),
    "two formats": ("format=bind&format=unbound", ""),
    "text without a format": ("", "text/plain;q=0.9, text/html"),
    "another parameter": ("zone=x", ""),
}


@pytest.mark.parametrize("name", WRONG)
async def test_what_cannot_be_answered_is_refused(api: Api, name: str) -> None:
    """400 with the parameter; where a format has to be named, with all that there are."""
    query, accept = WRONG[name]
    await stored(api, forwarding())
    status, problem, _ = await asked(api, query, Accept=accept)
    assert status == 400
    if "format" in name and query != "format=bind&format=unbound":
        assert all(format_ in problem["detail"] for format_ in FORMATS)


@pytest.mark.parametrize("accept", ["", "*/*", "application/json, text/plain, */*", "application/json"])
async def test_who_takes_json_gets_it(api: Api, accept: str) -> None:
    """Clients that take text as well are not asked which."""
    await stored(api, forwarding())
    status, shown, _ = await asked(api, Accept=accept)
    assert (status, shown["hub"]) == (200, "weu")


async def test_what_is_not_there_is_said(api: Api) -> None:
    """404 for a hub that nobody knows; and for a configuration where no server could be named, with what to do."""
    status, problem, _ = await asked(api)
    assert (status, "Hub/weu" in problem["detail"]) == (404, True)
    await stored(api, sample("Hub"))
    status, problem, _ = await asked(api, "format=bind")
    assert (status, viewed.NOBODY in problem["detail"]) == (404, True)


async def test_an_answer_that_did_not_change_is_304(api: Api) -> None:
    """Asked again with its tag there is nothing to say, until the servers were asked."""
    await stored(api, forwarding())
    _, _, headers = await asked(api)
    assert (await asked(api, If_None_Match=headers["ETag"]))[0] == 304
    await stored(api, forwarding(), dnsProof=PROOF)
    assert (await asked(api, If_None_Match=headers["ETag"]))[0] == 200


def test_the_command_line_knows_the_same_formats() -> None:
    """What `spokewright dns --format` takes is what the app makes."""
    assert CLI_FORMATS == FORMATS
