#!/usr/bin/env bash
# Looks for known vulnerabilities in what is called. Where the vulnerability
# database cannot be reached that is said, and is no failure.
set -uo pipefail
out=$(go tool govulncheck ./... 2>&1)
code=$?
if [ $code -ne 0 ] && grep -qE 'no such host|dial tcp|connection refused|Forbidden|403|timeout|fetching vulnerabilities' <<<"$out"; then
  echo "govulncheck: NOT RUN, the vulnerability database cannot be reached from here"
  exit 0
fi
echo "$out"
exit $code
