#!/usr/bin/env bash
# Makes the Debian packages in build/packages: loket-kiosk for this machine's
# architecture, loket-hub also for the others it can be built for. VERSION stands in
# FyneApp.toml; the environment's VERSION makes another one. The same commit makes the
# same bytes.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${OUT:-build/packages}
packaging/install.sh help2man lintian appstream desktop-file-utils dpkg-dev imagemagick gettext-base
field() { sed -n "s/^$1 = \"\(.*\)\"/\1/p" FyneApp.toml; }
VERSION=${VERSION:-$(field Version)}
APP_ID=$(field ID)
HOMEPAGE=$(field Website)
MAINTAINER="Loket <loket@example.go.id>"
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
native=$(go env GOARCH)
export VERSION APP_ID HOMEPAGE MAINTAINER SOURCE_DATE_EPOCH
export LC_ALL=C.UTF-8 TZ=UTC
flags=(-trimpath -buildvcs=false -ldflags "-s -w -X main.version=$VERSION")
mkdir -p "$out"
rm -f "$out"/*.deb
release=build/release-tools
mkdir -p "$release"
(cd packaging/release && CGO_ENABLED=0 go build -o "../../$release/nfpm" github.com/goreleaser/nfpm/v2/cmd/nfpm &&
  CGO_ENABLED=0 go build -o "../../$release/licences" .)

fill() { # a template
  sed -e "s|@ID@|$APP_ID|g; s|@NAME@|$(field Name)|g; s|@WEBSITE@|$HOMEPAGE|g; s|@VERSION@|$VERSION|g; s|@DATE@|$(date -u -d "@$SOURCE_DATE_EPOCH" +%F)|g" "$1"
}
copyright() { # PACKAGE
  cat <<TXT
Loket, the service counter at the door of a ministry.
Source: $HOMEPAGE
Copyright: the authors of Loket
Licence: Apache-2.0, see /usr/share/common-licenses/Apache-2.0

What the program is built from stands, each with its own licence, in
/usr/share/doc/loket-$1/LICENCES.gz
TXT
}
licences() { # PROGRAM CGO
  CGO_ENABLED=$2 "$release/licences" . "./cmd/$1"
  for f in assets/*/LICENSE* assets/*/OFL*; do
    printf '\n%s\n%s\n%s\n\n' "$(printf '=%.0s' {1..78})" "$f" "$(printf '=%.0s' {1..78})"
    cat "$f"
  done
}
stage() { # ARCHITECTURE
  STAGE=build/stage/$1
  ARCH=$1
  export STAGE ARCH
  rm -rf "$STAGE"
  mkdir -p "$STAGE"
  printf -- '- semver: %s\n  date: %s\n  packager: %s\n  deb: {urgency: medium, distributions: [bookworm]}\n  changes:\n    - note: "See CHANGELOG.md of the source."\n' \
    "$VERSION" "$(date -u -d "@$SOURCE_DATE_EPOCH" +%FT%TZ)" "$MAINTAINER" >"$STAGE/changelog.yaml"
  for p in kiosk hub; do fill "packaging/deb/$p/preinst" >"$STAGE/$p.preinst"; done
}
manual() { # PROGRAM SENTENCE
  help2man --no-info --no-discard-stderr --name "$2" --source "Loket $VERSION" --manual "Loket" --section 1 \
    --include "packaging/deb/$1/manual" "$STAGE/$1" | sed "s/$(date -u +%B\ %Y)/$(date -u -d "@$SOURCE_DATE_EPOCH" '+%B %Y')/; s/^\.TH [A-Z]*/.TH LOKET-${1^^}/" | gzip -n9 >"$STAGE/loket-$1.1.gz"
}
make_package() {
  envsubst <"packaging/deb/$1.yaml" >"$STAGE/$1.yaml"
  "$release/nfpm" package --config "$STAGE/$1.yaml" --packager deb --target "$out/" | tail -1
}

stage "$native"
echo "building $VERSION for $native"
CGO_ENABLED=0 go build "${flags[@]}" -o "$STAGE/hub" ./cmd/hub
CGO_ENABLED=1 go build -buildmode="${BUILDMODE:-pie}" "${flags[@]}" -o "$STAGE/kiosk" ./cmd/kiosk
manual hub "desk and intake behind Loket's touchscreens"
manual kiosk "touchscreen at the door of a public office"
copyright hub >"$STAGE/loket-hub.copyright"
copyright kiosk >"$STAGE/loket-kiosk.copyright"
licences hub 0 | gzip -n9 >"$STAGE/loket-hub.licences.gz"
licences kiosk 1 | gzip -n9 >"$STAGE/loket-kiosk.licences.gz"
fill packaging/deb/metainfo.xml.in >"$STAGE/$APP_ID.metainfo.xml"
fill packaging/deb/desktop.in >"$STAGE/$APP_ID.desktop"
appstreamcli validate --no-net "$STAGE/$APP_ID.metainfo.xml" >/dev/null
desktop-file-validate "$STAGE/$APP_ID.desktop"
convert "$(field Icon)" -resize 256x256 -strip -define png:exclude-chunk=date,time "$STAGE/icon.png"
mkdir -p "$STAGE/debian"
printf 'Source: loket\n\nPackage: loket-kiosk\nArchitecture: any\n' >"$STAGE/debian/control"
LIBRARIES=$(cd "$STAGE" && dpkg-shlibdeps -O kiosk 2>/dev/null | sed 's/^shlibs:Depends=//')
export LIBRARIES
make_package hub
make_package kiosk
other=arm64
[ "$native" = arm64 ] && other=amd64
native_stage=$STAGE
stage "$other"
echo "building the hub for $other"
CGO_ENABLED=0 GOARCH=$other go build "${flags[@]}" -o "$STAGE/hub" ./cmd/hub
cp "$native_stage"/loket-hub.{1.gz,copyright,licences.gz} "$STAGE/"
make_package hub
lintian --fail-on error --display-level ">=error" --allow-root "$out"/*.deb
ls -l "$out"
