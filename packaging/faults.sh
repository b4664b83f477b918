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
CGO_ENABLED=0 go test -count=1 -v -timeout 30m -run Fault ./kiosk/... ./store/... ./hub ./hub/web >"$log" 2>&1 || status=1
CGO_ENABLED=1 go test -count=1 -v -timeout 60m -run Fault ./cmd/kiosk >>"$log" 2>&1 || status=1
grep -E '^(ok|FAIL|panic|\s*--- FAIL)|_test\.go:' "$log" | grep -v 'no tests to run'
grep -E '^=== ATTR +[^ ]+ fault ' "$log" | sed -E 's/^=== ATTR +[^ ]+ fault //' | awk -F'|' '
  BEGIN { printf "%-62s %7s %5s %8s %7s\n", "fault", "tries", "lost", "doubled", "leaked" }
  { for (i = 2; i <= 5; i++) { split($i, kv, "="); n[i] = kv[2]; sum[i] += kv[2] }
    printf "%-62s %7d %5d %8d %7d\n", $1, n[2], n[3], n[4], n[5] }
  END { printf "%-62s %7d %5d %8d %7d\n", NR " faults", sum[2], sum[3], sum[4], sum[5]
    exit sum[3] + sum[4] + sum[5] > 0 || NR < 60 }' || status=1
exit $status
