#!/usr/bin/env bash
# A demo on this machine alone: a hub on loopback with a year of cases of a
# ministry that does not exist, an enrolled kiosk, and its window. Everything is
# kept in .demo; delete it to start anew. CASES=200 makes a smaller year.
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

if [ ! -e "$demo/hub" ]; then
  echo "A year is being lived; this takes about half a minute."
  rm -rf "$demo/hub.new"
  echo petugas-demo-2026 | bin/hub demo --data "$demo/hub.new" --cases "${CASES:-1500}" --password-stdin >"$demo/logins.txt"
  mv "$demo/hub.new" "$demo/hub"
elif [ ! -e "$demo/hub/offices.toml" ]; then
  echo "$demo was made by an earlier version: delete it to start anew." >&2
  exit 1
fi

bin/hub serve --data "$demo/hub" --listen "${hub#http://}" 2>"$demo/hub.log" &
pids+=($!)
for _ in $(seq 100); do
  (exec 3<>"/dev/tcp/127.0.0.1/${hub##*:}") 2>/dev/null && break
  kill -0 "${pids[0]}" 2>/dev/null || { cat "$demo/hub.log" >&2; exit 1; }
  sleep 0.1
done

if [ ! -e "$demo/kiosk/enrolment.json" ]; then
  code=$(bin/hub kiosk add --data "$demo/hub" --office tengah)
  mkdir -p -m 700 "$demo/kiosk"
  cp "$demo/hub/offices.toml" "$demo/kiosk/" # the kiosk calls them as the hub does
  bin/kiosk enrol --data "$demo/kiosk" --hub "$hub" --code "$code"
  printf '# The demo prints into files, wiped after 15 minutes.\n[[printer]]\naddress = "folder:%s?format=pdf"\n' "$demo/receipts" >"$demo/kiosk/kiosk.toml"
fi
if [ ! -e "$demo/pin.txt" ]; then
  bin/hub receptionist add --data "$demo/hub" --office tengah "Petugas Demo" >"$demo/pin.txt"
fi

cat <<TXT

Track a report: $hub/t
Officers' desk: $hub/desk   (name: petugas-admin, password: petugas-demo-2026; others below)
Receptionist:   five touches on the emblem at the kiosk's top left, then PIN $(cat "$demo/pin.txt")
Receipts:       $demo/receipts   (wiped after 15 minutes)
Data:           $demo

$(cat "$demo/logins.txt")

TXT
export FYNE_PLATFORM=x11
if [ -n "${DISPLAY:-}" ]; then
  bin/kiosk run --data "$demo/kiosk" --windowed "${SIZE:-540x960}"
else
  display=:${XVFB:-97}
  Xvfb "$display" -screen 0 1080x1920x24 -nolisten tcp -noreset >/dev/null 2>&1 &
  pids+=($!)
  sleep 1
  echo "No display here: the kiosk runs on Xvfb $display. To see it: DISPLAY=$display import -window root kiosk.png"
  DISPLAY=$display bin/kiosk run --data "$demo/kiosk" --windowed 1080x1920
fi
