#!/usr/bin/env bash
# Builds kiosk.exe and hub.exe for Windows 10 and 11 (64 bit) on Debian, and packs them
# with what sets a kiosk up. The same commit gives the same bytes, in any folder.
set -euo pipefail
cd "$(dirname "$0")/.."
packaging/install.sh gcc-mingw-w64-x86-64 zip

said() { sed -n "s/^ *$1 = \"\\{0,1\\}\\([^\"]*\\)\"\\{0,1\\}$/\\1/p" FyneApp.toml; }
version=$(said Version)
number=$version.$(said Build) # Windows wants four
out=build/windows
rm -rf "$out"
mkdir -p "$out/loket-$version"

# Icon, version and manifest: the linker takes the file beside main.go.
resource=rsrc_windows_amd64.syso
trap 'rm -f cmd/kiosk/$resource cmd/hub/$resource' EXIT
for program in kiosk hub; do
  sed "s/\"FileDescription\": \"Loket\"/\"FileDescription\": \"Loket: $program\"/; s/id\.go\.loket\.kiosk/id.go.loket.$program/" packaging/windows/winres.json >packaging/windows/.$program.json
  env -u GOOS go run github.com/tc-hib/go-winres@v0.3.3 make --in "packaging/windows/.$program.json" --arch amd64 --out "cmd/$program/rsrc" --product-version "$number" --file-version "$number" || { rm -f packaging/windows/.$program.json; exit 1; }
  rm -f packaging/windows/.$program.json
done

export GOOS=windows GOARCH=amd64 GOFLAGS=-trimpath
flags="-s -w -X main.version=$version"
CGO_ENABLED=0 go build -buildvcs=false -ldflags "$flags" -o "$out/loket-$version/hub.exe" ./cmd/hub
CGO_ENABLED=1 CC=x86_64-w64-mingw32-gcc go build -buildvcs=false -ldflags "$flags -H windowsgui" -o "$out/loket-$version/kiosk.exe" ./cmd/kiosk

# Nothing but what every Windows has may be asked of it.
x86_64-w64-mingw32-objdump -p "$out/loket-$version/"{hub,kiosk}.exe | sed -n 's/^\tDLL Name: //p' | sort -u >"$out/needs.txt"
if grep -viE '^(advapi32|gdi32|kernel32|msvcrt|opengl32|shell32|user32|winmm|ws2_32|imm32|ole32|setupapi|version|ucrtbase|api-ms-win-.*)\.dll$' "$out/needs.txt"; then
  echo "these libraries are not Windows' own" >&2
  exit 1
fi

crlf() { sed 's/$/\r/' "$1"; }
crlf packaging/windows/loket.cmd >"$out/loket-$version/loket.cmd"
crlf packaging/windows/install.ps1 >"$out/loket-$version/install.ps1"
{ printf '\xef\xbb\xbf'; crlf docs/windows.md; } >"$out/loket-$version/BACA-SAYA.txt"
crlf LICENSE >"$out/loket-$version/LICENSE.txt"

at=$(git log -1 --format=%ct 2>/dev/null || echo 1767225600)
chmod 644 "$out/loket-$version"/*
find "$out/loket-$version" -exec touch -d "@$at" {} +
rm -f "build/loket-windows-$version.zip"
(cd "$out" && find "loket-$version" | sort | TZ=UTC zip -X -q -9 -@ "../loket-windows-$version.zip")
sha256sum "build/loket-windows-$version.zip"
