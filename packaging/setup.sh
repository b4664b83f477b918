#!/usr/bin/env bash
# Installs the Debian packages that building, running and testing Loket need,
# and only those that are missing.
set -euo pipefail
packages=(
  gcc make git ca-certificates pkg-config
  libgl1-mesa-dev libx11-dev libxcursor-dev libxrandr-dev libxinerama-dev libxi-dev libxxf86vm-dev
  libwayland-dev libxkbcommon-dev libgl1-mesa-dri
  xserver-xorg-core xserver-xorg-video-dummy
  xvfb xdotool x11-utils imagemagick zbar-tools espeak-ng sane-utils
  chromium
  cups-daemon cups-client cups-ipp-utils dbus avahi-daemon poppler-utils strace
  postgresql postgresql-client
)
exec "$(dirname "$0")/install.sh" "${packages[@]}"
