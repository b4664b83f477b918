#!/usr/bin/env bash
# A demo on this machine alone: a hub on loopback with some cases, an enrolled
# kiosk, and its window. Everything is kept in .demo; delete it to start anew.
set -euo pipefail
cd "$(dirname "$0")/.."
demo=$PWD/.demo
hub=http://127.0.0.1:${PORT:-8080}
mkdir -p "$demo"
chmod 700 "$demo"

pids=()
stop() { kill "${pids[@]}" 2>/dev/null || true; wait 2>/dev/null || true; }
trap stop EXIT
trap 'exit 130' INT TERM

bin/hub serve --data "$demo/hub" --listen "${hub#http://}" 2>"$demo/hub.log" &
pids+=($!)
for _ in $(seq 100); do
  (exec 3<>"/dev/tcp/127.0.0.1/${hub##*:}") 2>/dev/null && break
  kill -0 "${pids[0]}" 2>/dev/null || { cat "$demo/hub.log" >&2; exit 1; }
  sleep 0.1
done

if [ ! -e "$demo/kiosk/enrolment.json" ]; then
  code=$(bin/hub kiosk add --data "$demo/hub" --office ntt)
  bin/kiosk enrol --data "$demo/kiosk" --hub "$hub" --code "$code"
  echo "petugas-demo-2026" | bin/hub officer add --data "$demo/hub" --name petugas --password-stdin
  printf '# The demo prints into files, wiped after 15 minutes.\n[[printer]]\naddress = "folder:%s?format=pdf"\n' "$demo/receipts" >"$demo/kiosk/kiosk.toml"
  for form in $(bin/kiosk form); do
    bin/kiosk form "$form" --example --count 6
  done | bin/kiosk submit --data "$demo/kiosk" >/dev/null
  bin/kiosk upload --data "$demo/kiosk" --once
fi

cat <<TXT

Track a report: $hub/t
Officers' desk: $hub/desk   (name: petugas, password: petugas-demo-2026)
Receipts:       $demo/receipts   (wiped after 15 minutes)
Data:           $demo

TXT
# Fyne keeps drawn text for a minute; ten seconds keep memory level.
export FYNE_CACHE=10s FYNE_PLATFORM=x11
if [ -n "${DISPLAY:-}" ]; then
  bin/kiosk run --data "$demo/kiosk" --windowed "${SIZE:-540x960}"
else
  display=:${XVFB:-97}
  Xvfb "$display" -screen 0 1080x1920x24 -nolisten tcp >/dev/null 2>&1 &
  pids+=($!)
  sleep 1
  echo "No display here: the kiosk runs on Xvfb $display. To see it: DISPLAY=$display import -window root kiosk.png"
  DISPLAY=$display bin/kiosk run --data "$demo/kiosk" --windowed 1080x1920
fi
