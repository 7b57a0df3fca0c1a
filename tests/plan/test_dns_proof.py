"""The proof of DNS servers: what is asked, how the answers read, and what a hub says of its servers."""

from __future__ import annotations

from typing import Any

import pytest

from shared.model import conditions as c
from shared.model.conditions import Condition
from shared.model.related import Related
from shared.model.resource_id import ResourceId
from shared.plan import probe
from shared.plan.dns import proof, rollout, servers
from tests.model import samples
from tests.model.samples import SUBSCRIPTION
from tests.plan import outputs
from tests.plan.rolling import SERVERS

Json = dict[str, Any]

OURS = ["10.0.1.4", "10.0.1.5"]
THEIRS: Json = {"mode": "external", "customServers": ["10.9.0.4"]}
RECORD = "spokewright-probe.privatelink.westeurope.azmk8s.io"
ZONE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/z/providers/Microsoft.Network/privateDnsZones/privatelink.westeurope.azmk8s.io"  # noqa: E501 - one id


def hub(spec: Json, /, **outputs: Any) -> Any:
    """Return a hub with what was decided and proved of its DNS."""
    document = samples.hub(dns=spec)
    return document.model_copy(update={"status": document.status.model_copy(update={"outputs": outputs})})


def printed(file: str, address: str = "10.9.0.4") -> str:
    """Return what the real nslookup printed, with a server's answer."""
    return outputs.printed(file, address)


# What is asked, and how it reads

PROVED, KNOWN = printed("answers", proof.PROBE_ADDRESS), printed("public_address")
READINGS: dict[str, tuple[str, str, list[str]]] = {
    "knows both": (PROVED, KNOWN, []),
    "does not know the private one": (printed("no_such_name"), KNOWN, ["does not know the private zone", "azmk8s.io"]),
    "has another address for it": (printed("answers", "10.1.1.1"), KNOWN, ["does not know the private zone"]),
    "does not know the public one": (PROVED, printed("no_such_name"), ["does not know public names", "upstream"]),
    "refuses": (printed("server_refused"), printed("server_refused"), ["refuses to answer the jump server"]),
    "failed": (printed("server_failed"), printed("server_failed"), ["answers that it failed"]),
    "is silent": (printed("no_server"), printed("no_server"), ["10.9.0.4 does not answer; look at its machine"]),
    "printed nothing": ("", "", ["nothing came back that could be read"]),
}


def output(private: str | None, public: str | None, address: str = "10.9.0.4") -> str:
    """Return what the jump server prints of one server; None: it was not asked that."""
    asked = (("private", private), ("public", public))
    return "".join(f"== {address} {what}\n{text}\n" for what, text in asked if text is not None)


@pytest.mark.parametrize("name", READINGS)
def test_each_answer_has_its_words(name: str) -> None:
    """A server answers when it knows our record and a public name; else it is said what it does, and what to do."""
    private, public, words = READINGS[name]
    (found,) = proof.read(hub(THEIRS), output(private, public)).values()
    assert found["answers"] is (not words)
    assert all(word in found["message"] for word in words)
    assert name != "is silent" or found["message"].count("10.9.0.4") == 1, "it is said twice"


@pytest.mark.parametrize(
    ("private", "public"), [(None, None), (None, KNOWN), (PROVED, None)], ids=["neither", "public only", "private only"]
)
def test_who_was_not_asked_is_not_silent(private: str | None, public: str | None) -> None:
    """The document named other servers while these were asked, or the output was cut: nothing is known of them."""
    document = hub(THEIRS, dnsProof={"servers": proof.read(hub(THEIRS), output(private, public))})
    assert rollout.silent(document, [*OURS, "10.9.0.4"]) == []
    assert not rollout.answering(document, ["10.9.0.4"])
    assert rollout.proof_is_due(document, Related(), ())


def test_a_given_zone_is_proved_by_a_cluster() -> None:
    """No record of ours is in a zone of somebody else: a cluster's name is asked for, and before that a public one."""
    document = hub(THEIRS | {"zoneId": ZONE})
    assert [line for script in proof.scripts(document) for line in script] == [
        'echo "== 10.9.0.4 public"',
        "nslookup mcr.microsoft.com 10.9.0.4",
    ]
    asked = [line for script in proof.scripts(document, ["api.azmk8s.io"]) for line in script]
    assert "nslookup api.azmk8s.io 10.9.0.4" in asked
    assert proof.read(document, output(printed("answers"), KNOWN), ["api.azmk8s.io"])["10.9.0.4"]["answers"]


@pytest.mark.parametrize("gone", [False, True], ids=["alive", "going"])
def test_a_cluster_that_goes_proves_nothing(gone: bool) -> None:  # noqa: FBT001 - a parameter of the table
    """Its record goes before its document: servers that do not know it any more are not to blame."""
    document = samples.cluster()
    status = document.status.model_copy(update={"outputs": {"privateFqdn": "api.azmk8s.io"}})
    going = {"deletion_requested": "2026-01-01T00:00:00Z"} if gone else {}
    metadata = document.metadata.model_copy(update=going)
    cluster = document.model_copy(update={"status": status, "metadata": metadata})
    assert proof.private_names(Related(clusters=(cluster,))) == ([] if gone else ["api.azmk8s.io"])


def test_the_record_is_asked_for_at_every_server_of_interest() -> None:
    """Those that are wanted, those that networks have, those to go back to, and those that only on-premises asks."""
    decided = {"hub": ["10.8.0.4"], "spokes": ["10.8.0.4"], "before": {"hub": [], "spokes": ["10.7.0.4"]}}
    document = hub(THEIRS | {"forwarder": {}}, dns=decided | {"earlier": ["10.6.0.4"]})
    asked = [line.split()[2] for script in proof.scripts(document) for line in script if RECORD in line]
    assert asked == ["10.9.0.4", "10.8.0.4", "10.7.0.4", "10.6.0.4", *OURS]


# What a hub says


def told(*silent: str, **outputs: Any) -> Json:
    """Return outputs of a hub whose servers were asked; those that are named did not answer."""
    found = {one: {"answers": one not in silent, "message": f"{one} is silent"} for one in SERVERS}
    return {"dnsProof": {"servers": found, "moved": [], "generation": 0}, **outputs}


OF_OURS = {"hub": OURS, "spokes": OURS}
OF_AZURE: Json = {"hub": [], "spokes": []}
CHANGING = OF_OURS | {"before": OF_AZURE}
FORWARDER: Json = {"mode": "forwarder"}
SAID: dict[str, tuple[Json, Json, tuple[str, str, list[str]] | None]] = {
    "never had any": ({"mode": "azure"}, {}, None),
    "the firewall has no address": (
        THEIRS | {"viaFirewall": True},
        {},
        ("Unknown", c.NOT_VERIFIED, ["no address yet"]),
    ),
    "nobody was asked": (FORWARDER, {}, ("Unknown", c.NOT_VERIFIED, ["not all asked yet"])),
    "all answer": (FORWARDER, told(dns=OF_OURS), ("True", c.DNS_SERVERS_PROVEN, OURS)),
    "one is silent, and nobody has it": (
        FORWARDER,
        told(OURS[1]),
        ("False", c.DNS_SERVER_FAILS, ["10.0.1.5 is silent", "no network is pointed there", "Azure's own resolver"]),
    ),
    "one is silent, and networks have it": (
        FORWARDER,
        told(OURS[1], dns=OF_OURS),
        ("False", c.DNS_SERVER_FAILS, ["10.0.1.5 is silent"]),
    ),
    "one that only on-premises asks is silent": (
        {"mode": "azure", "forwarder": {}},
        told(OURS[0]),
        ("False", c.DNS_SERVER_FAILS, ["10.0.1.4 is silent"]),
    ),
    "it is a network's turn": (
        FORWARDER,
        told(dns=CHANGING),
        ("True", c.DNS_CHANGING, ["have them: none", "next: Hub"]),
    ),
    "between two": (
        FORWARDER,
        told(dns=CHANGING, dnsServers=OURS),
        ("True", c.DNS_CHANGING, ["have them: Hub", "asked again"]),
    ),
    "back": (
        FORWARDER,
        told(OURS[1], dns=CHANGING, dnsServers=OURS),
        ("False", c.DNS_ROLLED_BACK, ["10.0.1.5 is silent", "networks go back to Azure's own resolver"]),
    ),
    "the jump server is away": (
        FORWARDER,
        told(dns=OF_OURS) | {"dnsProof": told()["dnsProof"] | {"failed": "it is stopped"}},
        ("Unknown", c.VERIFICATION_FAILED, ["the jump server could not be asked: it is stopped"]),
    ),
    "a given zone without a cluster": (
        FORWARDER | {"zoneId": ZONE},
        told(dns=OF_OURS),
        ("True", c.DNS_SERVERS_PROVEN, ["public names resolve (private ones: with the first cluster)"]),
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_what_is_known_of_the_servers_is_said(name: str) -> None:
    """In each state in which they and the networks can be, a status, a reason and words."""
    dns, outputs, expected = SAID[name]
    document = hub(dns, **outputs)
    spokes = (_spoke("a"),)
    found = proof.condition(document, Related(spokes=spokes), tuple(outputs.get("dnsServers", ())))
    if expected is None:
        assert found is None
        return
    assert found is not None
    assert (found.status, found.reason) == expected[:2]
    assert all(word in found.message for word in expected[2]), found.message


def _spoke(name: str) -> Any:
    found = samples.spoke(name)
    return found.model_copy(update={"status": found.status.model_copy(update={"outputs": {"dnsServers": []}})})


def test_a_hub_without_servers_any_more_says_so() -> None:
    """The condition stays, and is no more about servers that are gone."""
    document = hub({"mode": "azure"})
    said = Condition(type=c.DNS_SERVERS_ANSWER, status="False", reason=c.DNS_SERVER_FAILS)
    status = document.status.model_copy(update={"conditions": (said,)})
    found = proof.condition(document.model_copy(update={"status": status}), Related(), ())
    assert found is not None
    assert (found.status, found.reason) == ("True", c.AZURE_RESOLVER)


def test_a_proof_that_could_not_be_taken_is_taken_again() -> None:
    """What an older one says does not make the hub ready: the next look asks again."""
    document = hub(FORWARDER, **told(dns=OF_OURS, dnsServers=OURS))
    document = document.model_copy(update={"metadata": document.metadata.model_copy(update={"generation": 0})})
    assert not rollout.proof_is_due(document, Related(), tuple(OURS))
    outputs = document.status.outputs
    failed = outputs | {"dnsProof": outputs["dnsProof"] | {"failed": "it is stopped"}}
    document = document.model_copy(update={"status": document.status.model_copy(update={"outputs": failed})})
    assert rollout.proof_is_due(document, Related(), tuple(OURS))


@pytest.mark.parametrize(
    ("address", "network"),
    [("10.0.1.4", "vnet-hub-weu"), ("10.9.0.4", "old"), ("fd00::1", "old")],
    ids=["in the hub", "theirs", "IPv6"],
)
def test_where_a_server_stands(address: str, network: str) -> None:
    """In the hub by its address; else in the one network that is named, whatever kind of address somebody wrote."""
    found = servers.network_of(hub(THEIRS | {"serverNetworks": [samples.NETWORK]}), address)
    assert found is not None
    assert found.name == network
    assert isinstance(found, ResourceId)


def test_sections_are_those_of_the_script() -> None:
    """What is read by its title was printed under it."""
    document = hub(THEIRS)
    lines = [line for script in proof.scripts(document) for line in script]
    assert list(probe.sections("\n".join(line[6:-1] for line in lines if line.startswith("echo")))) == [
        "10.9.0.4 private",
        "10.9.0.4 public",
    ]
