"""Scripts that stay on the jump server: kubectl for a minor version of Kubernetes, and kubelogin.

Both are fetched over TLS, compared with a checksum before anything is put in place, and put there in one move. For
kubectl the checksum is the one that Kubernetes publishes beside it; for kubelogin it is pinned here with its version.
"""

from __future__ import annotations

from shared.plan.cloud_init.document import File

INSTALL_KUBECTL = "/usr/local/sbin/install-kubectl"
INSTALL_KUBELOGIN = "/usr/local/sbin/install-kubelogin"

KUBELOGIN = "0.2.20"
KUBELOGIN_CHECKSUMS = {  # as in Microsoft's own Homebrew formula for this version
    "amd64": "2e92450a929dd2aec4da818b40dd4fda97aaeae2d6cd9c1074cc1371210f4ab9",
    "arm64": "d02712fcf3ed290cc3921205e535673b12fef0936da1c0b762afaa4d685a33c4",
}

# INSTALL_INTO is for trying a script out; on the machine nobody sets it.
_BEGIN = """\
set -eu
into="${INSTALL_INTO:-/usr/local/bin}"
architecture="$(dpkg --print-architecture)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
fetch() {
  curl --fail --silent --show-error --location --proto =https --proto-redir =https --tlsv1.2 \\
    --connect-timeout 20 --max-time 600 --output "$work/$2" "$1"
}
put() {
  install -m 0755 "$work/$1" "$into/.$2.new"
  mv -f "$into/.$2.new" "$into/$2"
}
"""

_KUBECTL = f"""\
#!/bin/sh
# install-kubectl 1.33: installs the newest kubectl of this minor version as kubectl-1.33; kubectl is the newest minor.
# Run it again for a newer patch, or with another minor.
minor="${{1:-}}"
case "$minor" in
  1.[0-9] | 1.[0-9][0-9] | 1.[0-9][0-9][0-9]) ;;
  *)
    echo "usage: install-kubectl MINOR, such as install-kubectl 1.33" >&2
    exit 2
    ;;
esac
{_BEGIN}\
fetch "https://dl.k8s.io/release/stable-$minor.txt" version
version="$(cat "$work/version")"
case "$version" in
  "v$minor".[0-9] | "v$minor".[0-9][0-9] | "v$minor".[0-9][0-9][0-9]) ;;
  *)
    echo "install-kubectl: dl.k8s.io names no version of $minor; is there one already?" >&2
    exit 1
    ;;
esac
fetch "https://dl.k8s.io/release/$version/bin/linux/$architecture/kubectl" kubectl
fetch "https://dl.k8s.io/release/$version/bin/linux/$architecture/kubectl.sha256" checksum
if ! echo "$(cat "$work/checksum")  $work/kubectl" | sha256sum --check --status; then
  echo "install-kubectl: kubectl $version is not what its checksum says; nothing was installed" >&2
  exit 1
fi
put kubectl "kubectl-$minor"
newest="$(ls "$into" | grep -Ex 'kubectl-1\\.[0-9]+' | sort -V | tail -n 1)"
ln -sfn "$newest" "$into/kubectl"
echo "kubectl $version is installed as kubectl-$minor; kubectl is $newest"
"""

_KUBELOGIN = f"""\
#!/bin/sh
# install-kubelogin: installs kubelogin {KUBELOGIN}, with which kubectl signs in by Entra ID.
{_BEGIN}\
case "$architecture" in
  amd64) checksum={KUBELOGIN_CHECKSUMS["amd64"]} ;;
  arm64) checksum={KUBELOGIN_CHECKSUMS["arm64"]} ;;
  *)
    echo "install-kubelogin: there is none for $architecture" >&2
    exit 1
    ;;
esac
releases=https://github.com/Azure/kubelogin/releases/download
fetch "$releases/v{KUBELOGIN}/kubelogin-linux-$architecture.zip" kubelogin.zip
if ! echo "$checksum  $work/kubelogin.zip" | sha256sum --check --status; then
  echo "install-kubelogin: kubelogin {KUBELOGIN} is not what its checksum says; nothing was installed" >&2
  exit 1
fi
unzip -q -j "$work/kubelogin.zip" "bin/linux_$architecture/kubelogin" -d "$work"
put kubelogin kubelogin
echo "kubelogin {KUBELOGIN} is installed"
"""

SCRIPTS = (
    File(INSTALL_KUBECTL, _KUBECTL, executable=True),
    File(INSTALL_KUBELOGIN, _KUBELOGIN, executable=True),
)
