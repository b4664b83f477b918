#!/usr/bin/env bash
# Builds the commit twice, in two folders and with nothing kept from one build for the
# other, and compares every package. Some minutes: all is compiled twice.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
first=$work/a second=$work/another/folder/b
mkdir -p "$work/another/folder"
for at in "$first" "$second"; do
  git clone -q . "$at"
  (cd "$at" && GOCACHE=$work/cache-${at##*/} packaging/packages.sh >build.log 2>&1) || { cat "$at/build.log" >&2; exit 1; }
  rm -rf "$work/cache-${at##*/}"
done
sums() { (cd "$1/build/packages" && sha256sum -- *.deb); }
sums "$first"
if ! diff <(sums "$first") <(sums "$second"); then
  echo "two builds of one commit differ" >&2
  exit 1
fi
echo "the same, in two folders"
