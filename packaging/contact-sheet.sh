#!/usr/bin/env bash
# Puts the pictures of build/screens together: docs/screens.jpg shows every
# screen once, docs/screens-looks.jpg some of them in every look; and the
# receipts that the tests compare with, side by side in docs/receipts.png.
set -euo pipefail
cd "$(dirname "$0")/.."
golden=kiosk/receipt/testdata
montage $golden/80mm-id.png $golden/58mm-en.png $golden/a5-en.png $golden/a4-id.png -tile 4x -geometry 480x900+14+14 -background '#d9d3c7' -colors 16 docs/receipts.png
cp $golden/80mm-id.png docs/receipt-80mm.png
from=build/screens
[ -d "$from" ] || { echo "no pictures yet: make screens draws them" >&2; exit 1; }
mapfile -t all < <(ls "$from" | sed -n 's/\.id\.normal\.light\.1080x1920\.png$//p')
montage $(printf "$from/%s.id.normal.light.1080x1920.png " "${all[@]}") -tile 10x -geometry 216x384+5+5 -background '#e4ded2' -depth 8 -quality 84 docs/screens.jpg
looks=()
for state in home question-longtext question-identity review receipt idle; do
  for look in en.normal.light en.large.light id.normal.contrast; do looks+=("$from/$state.$look.1080x1920.png"); done
  for look in id.normal.light.1920x1080 en.large.contrast.1280x800; do looks+=("$from/$state.$look.png"); done
done
montage "${looks[@]}" -tile 5x -geometry 384x384+5+5 -background '#e4ded2' -depth 8 -quality 84 docs/screens-looks.jpg
echo "docs/receipts.png docs/screens.jpg docs/screens-looks.jpg"
