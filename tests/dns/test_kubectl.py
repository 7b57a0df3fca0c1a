"""The scripts that stay on the jump server, run with a stand-in for curl that serves files."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from shared.plan.cloud_init.kubectl import KUBELOGIN, KUBELOGIN_CHECKSUMS, SCRIPTS
from tests.dns.checkers import written

CURL = """\
#!/bin/sh
for word in "$@"; do
  [ "$last" = --output ] && to="$word"
  last="$word"
done
echo "$@" >> "$SERVED/asked"
from="$SERVED/$(echo "$last" | sed 's|https://||; s|/|_|g')"
[ -f "$from" ] || { echo "curl: (22) The requested URL returned error: 404" >&2; exit 22; }
cp "$from" "$to"
"""


@dataclass
class Bench:
    """A folder that serves, one that is installed into, and the scripts."""

    folder: Path

    def serve(self, url: str, content: bytes) -> None:
        """Let an URL be there."""
        name = url.removeprefix("https://").replace("/", "_")
        (self.folder / "served" / name).write_bytes(content)

    def kubectl(self, version: str, *, checksum: str = "") -> None:
        """Let a version of kubectl be the newest of its minor."""
        program = f"#!/bin/sh\necho {version}\n".encode()
        minor = version.removeprefix("v").rpartition(".")[0]
        base = f"https://dl.k8s.io/release/{version}/bin/linux/amd64/kubectl"
        self.serve(f"https://dl.k8s.io/release/stable-{minor}.txt", version.encode())
        self.serve(base, program)
        self.serve(f"{base}.sha256", (checksum or hashlib.sha256(program).hexdigest()).encode())

    def run(self, script: str, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
        """Run a script of the jump server."""
        path = f"{self.folder / 'bin'}:{os.environ['PATH']}"
        found = text or next(file.text for file in SCRIPTS if file.path.endswith(f"/{script}"))
        environment = {"PATH": path, "SERVED": str(self.folder / "served"), "INSTALL_INTO": str(self.installed)}
        command = ["sh", written(self.folder, script, found), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=30)

    @property
    def installed(self) -> Path:
        """Where programs go."""
        return self.folder / "into"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """An amd64 machine that has curl, and nothing to fetch yet."""
    for folder in ("bin", "served", "into"):
        (tmp_path / folder).mkdir()
    for name, text in {"curl": CURL, "dpkg": "#!/bin/sh\necho amd64\n"}.items():
        Path(written(tmp_path / "bin", name, text)).chmod(0o755)
    return Bench(tmp_path)


def version(program: Path) -> str:
    """Return what a program of the bench says."""
    return subprocess.run([program], capture_output=True, text=True, check=True).stdout.strip()


def test_each_minor_has_its_program_and_the_newest_the_plain_name(bench: Bench) -> None:
    """kubectl-1.9 and kubectl-1.33 stand side by side; kubectl is 1.33, whichever came last."""
    for number in ("v1.33.4", "v1.9.11"):
        bench.kubectl(number)
        assert bench.run("install-kubectl", number.removeprefix("v").rpartition(".")[0]).returncode == 0
    assert version(bench.installed / "kubectl-1.9") == "v1.9.11"
    assert version(bench.installed / "kubectl") == version(bench.installed / "kubectl-1.33") == "v1.33.4"


def test_a_newer_patch_replaces_an_older(bench: Bench) -> None:
    """The same command again brings what is newest then."""
    for number in ("v1.33.4", "v1.33.5"):
        bench.kubectl(number)
        ended = bench.run("install-kubectl", "1.33")
    assert "kubectl v1.33.5 is installed as kubectl-1.33; kubectl is kubectl-1.33" in ended.stdout
    assert version(bench.installed / "kubectl") == "v1.33.5"
    assert sorted(path.name for path in bench.installed.iterdir()) == ["kubectl", "kubectl-1.33"]


@pytest.mark.parametrize("checksum", ["0" * 64, "<html>not found</html>"], ids=["another", "no checksum"])
def test_what_does_not_match_its_checksum_is_not_installed(bench: Bench, checksum: str) -> None:
    """A program that is not what was published is thrown away, and the older one stays."""
    bench.kubectl("v1.33.4")
    bench.run("install-kubectl", "1.33")
    bench.kubectl("v1.33.5", checksum=checksum)
    ended = bench.run("install-kubectl", "1.33")
    assert ended.returncode != 0
    assert "nothing was installed" in ended.stderr
    assert version(bench.installed / "kubectl") == "v1.33.4"


@pytest.mark.parametrize("answer", [b"<html>blocked</html>", b"v1.34.0", b"v1.33.0/../../evil"], ids=str)
def test_an_answer_that_is_no_version_is_not_followed(bench: Bench, answer: bytes) -> None:
    """What the firewall or a proxy may answer instead becomes no address."""
    bench.serve("https://dl.k8s.io/release/stable-1.33.txt", answer)
    ended = bench.run("install-kubectl", "1.33")
    assert (ended.returncode, "names no version of 1.33" in ended.stderr) == (1, True)


def test_a_closed_firewall_is_a_failure(bench: Bench) -> None:
    """What cannot be fetched ends the script, so that the unit tries again."""
    assert bench.run("install-kubectl", "1.33").returncode != 0
    assert list(bench.installed.iterdir()) == []


@pytest.mark.parametrize("word", ["", "1.33.1", "1.33; id", "../1.33", "1.33\n1.34"], ids=repr)
def test_a_word_that_is_no_minor(bench: Bench, word: str) -> None:
    """Anything but a minor version is answered with how to use it, and fetches nothing."""
    ended = bench.run("install-kubectl", word)
    assert (ended.returncode, "usage: install-kubectl MINOR" in ended.stderr) == (2, True)
    assert not (bench.folder / "served/asked").exists()


def test_everything_is_fetched_over_tls(bench: Bench) -> None:
    """Also where a server sends the fetcher on: never plain HTTP."""
    bench.kubectl("v1.33.4")
    bench.run("install-kubectl", "1.33")
    asked = (bench.folder / "served/asked").read_text().splitlines()
    assert len(asked) == 3
    assert all({"--proto", "=https", "--proto-redir", "--tlsv1.2", "--fail"} <= set(line.split()) for line in asked)


def kubelogin(bench: Bench) -> str:
    """Serve an archive shaped like kubelogin's; the script that expects just this one."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("bin/linux_amd64/kubelogin", "#!/bin/sh\necho kubelogin\n")
    url = f"https://github.com/Azure/kubelogin/releases/download/v{KUBELOGIN}/kubelogin-linux-amd64.zip"
    bench.serve(url, archive.getvalue())
    text = next(file.text for file in SCRIPTS if file.path.endswith("/install-kubelogin"))
    return text.replace(KUBELOGIN_CHECKSUMS["amd64"], hashlib.sha256(archive.getvalue()).hexdigest())


def test_kubelogin_is_taken_out_of_its_archive(bench: Bench) -> None:
    """The program lies where the release puts it."""
    ended = bench.run("install-kubelogin", text=kubelogin(bench))
    if "unzip: not found" in ended.stderr:
        pytest.skip("unzip is not installed here; it is in Debian's unzip")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert version(bench.installed / "kubelogin") == "kubelogin"


def test_another_kubelogin_than_the_pinned_one_is_not_installed(bench: Bench) -> None:
    """The checksum is pinned with the version: what the release says of itself does not count."""
    kubelogin(bench)
    ended = bench.run("install-kubelogin")
    assert (ended.returncode, "nothing was installed" in ended.stderr) == (1, True)
    assert list(bench.installed.iterdir()) == []
