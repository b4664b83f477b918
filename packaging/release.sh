#!/usr/bin/env bash
# Leaves in build/release what a ministry can publish: packages for Debian and Windows,
# what each program is made of (CycloneDX), licences, changes, checksums. Refuses a tree
# with changes: what is published is a commit.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ -n "$(git status --porcelain)" ] && [ -z "${DIRTY:-}" ]; then
  echo "there are changes that no commit holds; commit them first (DIRTY=1 to look at a release all the same)" >&2
  exit 1
fi
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
version=$(sed -n 's/^Version = "\(.*\)"/\1/p' FyneApp.toml)
out=$PWD/build/release/$version
rm -rf "$out"
mkdir -p "$out" build/release-tools
packaging/packages.sh
cp build/packages/*.deb "$out/"
packaging/windows.sh
cp build/loket-windows-"$version".zip "$out/"
(cd packaging/release && CGO_ENABLED=0 go build -o ../../build/release-tools/cyclonedx-gomod github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod)
for p in kiosk hub; do
  CGO_ENABLED=$([ $p = kiosk ] && echo 1 || echo 0) build/release-tools/cyclonedx-gomod app -json -licenses -noserial -std -output "$out/loket-$p-$version.cdx.json" -main "cmd/$p" . 2>build/release-tools/sbom.log ||
    { cat build/release-tools/sbom.log >&2; exit 1; }
  # The time of the commit, not of the making.
  sed -i "s|\"timestamp\": \"[^\"]*\"|\"timestamp\": \"$(date -u -d "@$SOURCE_DATE_EPOCH" +%FT%TZ)\"|" "$out/loket-$p-$version.cdx.json"
  gzip -dc "build/stage/$(go env GOARCH)/loket-$p.licences.gz" >"$out/LICENCES-$p.txt"
done
cp CHANGELOG.md LICENSE "$out/"
(cd "$out" && sha256sum -- * >SHA256SUMS)
echo "build/release/$version:"
ls -l "$out"
