#!/usr/bin/env bash
# Makes the receptionist's card, two pages of A4: photographs the screens it shows from
# the program, sets docs/kartu-petugas.md and prints it into build and docs.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p build/card docs/kartu
photograph() { # a state, the part of its picture, and what to draw on it
  CGO_ENABLED=0 go test ./ui -count=1 -run 'TestScreens/1080x1920' -only "$1.id.normal.light.1080x1920" -screens "$PWD/build/card" >/dev/null
  convert "build/card/$1.id.normal.light.1080x1920.png" "${@:3}" -crop "$2" +repage -resize 720x -colors 64 -strip -define png:compression-level=9 "docs/kartu/$1.png"
}
photograph home 1080x760+0+0 -fill none -stroke '#c23b2e' -strokewidth 12 -draw 'ellipse 110,70 86,76 0,360'
photograph front 1080x1140+0+0
photograph consent 1080x1745+0+0
photograph front-shut 1080x1020+0+420
html=docs/.kartu-petugas.html # beside its pictures
trap 'rm -f "$html"' EXIT
go run packaging/card.go <docs/kartu-petugas.md >"$html"
chromium --headless --no-sandbox --disable-gpu --no-pdf-header-footer --print-to-pdf="$PWD/build/kartu-petugas.pdf" "file://$PWD/$html" 2>/dev/null
pages=$(pdfinfo build/kartu-petugas.pdf | sed -n 's/^Pages: *//p')
[ "$pages" = 2 ] || { echo "the card has $pages pages; it must have two" >&2; exit 1; }
cp build/kartu-petugas.pdf docs/kartu-petugas.pdf
ls -l docs/kartu-petugas.pdf
