#!/usr/bin/env bash
# Runs every test of a fault and prints what became of the reports: a line for
# each fault, from the attributes that the tests leave in their output. Fails if a
# test does, if anything was lost, doubled or leaked, or if faults are missing.
# FAULTS=long tries much more often.
set -uo pipefail
cd "$(dirname "$0")/.."
mkdir -p build
log=build/faults.log
status=0
# Side by side what mostly waits; in a window seconds count.
faults() { # NAME CGO ARGUMENTS…: what it says is in build/faults-NAME.log
  CGO_ENABLED=$2 go test -count=1 -v -timeout 60m "${@:3}" >"build/faults-$1.log" 2>&1
}
faults programs 1 -parallel 4 -run '^TestFault[A-Z]' -skip Window ./cmd/kiosk & programs=$!
faults rooms 0 -run '^TestFault[A-Z]' ./kiosk/... ./store/... ./hub/... || status=1
wait $programs || status=1
faults window 1 -run '^TestFault[A-Z].*Window' ./cmd/kiosk || status=1
cat build/faults-{rooms,programs,window}.log >"$log"
grep -E '^(ok|FAIL|panic|\s*--- FAIL)|_test\.go:' "$log" | grep -v 'no tests to run'
grep -E '^=== ATTR +[^ ]+ fault ' "$log" | sed -E 's/^=== ATTR +[^ ]+ fault //' | awk -F'|' '
  BEGIN { printf "%-62s %7s %5s %8s %7s\n", "fault", "tries", "lost", "doubled", "leaked" }
  { for (i = 2; i <= 5; i++) { split($i, kv, "="); n[i] = kv[2]; sum[i] += kv[2] }
    printf "%-62s %7d %5d %8d %7d\n", $1, n[2], n[3], n[4], n[5] }
  END { printf "%-62s %7d %5d %8d %7d\n", NR " faults", sum[2], sum[3], sum[4], sum[5]
    exit sum[3] + sum[4] + sum[5] > 0 || NR < 60 }' || status=1
exit $status
