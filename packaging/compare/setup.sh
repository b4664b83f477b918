#!/usr/bin/env bash
# Brings what `make compare` measures against: Chromium as a package, nginx unpacked
# into build/compare, so that no service is ever installed.
set -euo pipefail
cd "$(dirname "$0")/../.."
packaging/setup.sh
into=build/compare/nginx
[ -x "$into/usr/sbin/nginx" ] && exit 0
if program=$(PATH=$PATH:/usr/sbin command -v nginx); then
  mkdir -p "$into/usr/sbin"
  ln -sf "$program" "$into/usr/sbin/nginx"
  exit 0
fi
echo "unpacking: nginx"
mkdir -p "$into"
deb=$(mktemp -d)
trap 'rm -rf "$deb"' EXIT
(cd "$deb" && { apt-get download -qq nginx 2>/dev/null || {
  sudo=(); [ "$(id -u)" -eq 0 ] || sudo=(sudo)
  "${sudo[@]}" apt-get update -qq && apt-get download -qq nginx; }; })
dpkg-deb -x "$deb"/nginx_*.deb "$into"
if missing=$(ldd "$into/usr/sbin/nginx" | grep 'not found'); then
  echo "nginx lacks libraries: $missing" >&2
  exit 1
fi
