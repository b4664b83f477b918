#!/usr/bin/env bash
# Installs the Debian packages that building, running and testing Loket need,
# and only those that are missing.
set -euo pipefail
packages=(
  gcc make git ca-certificates pkg-config
  libgl1-mesa-dev libx11-dev libxcursor-dev libxrandr-dev libxinerama-dev libxi-dev libxxf86vm-dev
  libwayland-dev libxkbcommon-dev libgl1-mesa-dri
  xvfb xdotool x11-utils imagemagick zbar-tools espeak-ng sane-utils
  chromium
  cups-daemon cups-client cups-ipp-utils dbus avahi-daemon poppler-utils strace
  postgresql postgresql-client
)
missing=()
for p in "${packages[@]}"; do
  dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'install ok installed' || missing+=("$p")
done
[ ${#missing[@]} -eq 0 ] && exit 0
if ! command -v apt-get >/dev/null; then
  echo "Loket is built on Debian 12; please install what matches: ${missing[*]}" >&2
  exit 1
fi
sudo=()
[ "$(id -u)" -eq 0 ] || sudo=(sudo)
echo "installing: ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${sudo[@]}" apt-get update -qq
"${sudo[@]}" apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
