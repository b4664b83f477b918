#!/usr/bin/env bash
# Installs, uses, upgrades, removes and purges the packages in a fresh Debian 12 that
# boots in a container of its own, with systemd and no network but its loopback. Needs
# root. Xvfb stands in for Xorg, which needs a graphics card.
set -euo pipefail
cd "$(dirname "$0")/.."
[ "$(id -u)" -eq 0 ] || { echo "a container is booted: run it as root" >&2; exit 1; }
packaging/install.sh debootstrap systemd-container
if [ -z "${BUILT:-}" ]; then
  export BUILDMODE=${BUILDMODE:-exe}
  OUT=build/packages packaging/packages.sh
  OUT=build/packages-next VERSION=99.0.0 packaging/packages.sh
fi

work=$(mktemp -d /var/tmp/loket-packages.XXXXXX)
root=$work/root
booted=
stop() {
  if [ -n "$booted" ]; then
    kill "$booted" 2>/dev/null || true # systemd-nspawn passes it on as poweroff
    for _ in $(seq 50); do kill -0 "$booted" 2>/dev/null || break; sleep 0.2; done
    kill -9 "$booted" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap stop EXIT

say() { echo "packages: $*"; }
# A Debian 12 as new, with what the packages need in its cache: kept for a week, since
# making it takes a minute and a network.
kept=${XDG_CACHE_HOME:-$HOME/.cache}/loket/debian-12-$(dpkg --print-architecture).tar
find "$kept" -mtime +7 -delete 2>/dev/null || true
if [ -e "$kept" ]; then
  say "a fresh Debian 12"
  mkdir "$root"
  tar -C "$root" -xpf "$kept"
else
  say "a fresh Debian 12 is made"
  mirror=$(sed -n 's/^URIs: //p; s/^deb \(\[[^]]*\] \)\?\(http[^ ]*debian\/\?\) .*/\2/p' /etc/apt/sources.list /etc/apt/sources.list.d/*.sources 2>/dev/null | grep -v security | head -1 || true)
  debootstrap --variant=minbase --include=systemd,systemd-sysv,udev,ca-certificates bookworm "$root" ${mirror:+"$mirror"} >"$work/debootstrap.log" 2>&1 || { tail -20 "$work/debootstrap.log" >&2; exit 1; }
fi
mkdir -p "$root/packages" "$root/next"
cp build/packages/*_"$(dpkg --print-architecture)".deb "$root/packages/"
cp build/packages-next/*_"$(dpkg --print-architecture)".deb "$root/next/"
cp /etc/resolv.conf "$root/etc/resolv.conf"
for p in kiosk hub; do cp "$root"/packages/loket-"$p"_*.deb "$root/packages/$p.deb"; cp "$root"/next/loket-"$p"_*.deb "$root/next/$p.deb"; done
quiet() { "$@" >"$work/said" 2>&1 || { cat "$work/said" >&2; return 1; }; }
# What the packages need comes while there is a network; they themselves once it is
# booted. Xvfb, a printer and a browser of a sort are the test's.
export DEBIAN_FRONTEND=noninteractive
if [ ! -e "$kept" ]; then
  quiet chroot "$root" apt-get update
  quiet chroot "$root" apt-get install -y --no-install-recommends --download-only /packages/kiosk.deb /packages/hub.deb
  quiet chroot "$root" apt-get install -y --no-install-recommends xvfb curl socat
  mkdir -p "${kept%/*}"
  tar -C "$root" --exclude=./packages --exclude=./next -cpf "$kept.$$" . && mv "$kept.$$" "$kept"
fi

say "it boots"
SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=0 systemd-nspawn --quiet --register=no --keep-unit --private-network --directory "$root" --boot >"$work/console" 2>&1 &
booted=$!
leader=
for _ in $(seq 100); do
  # Not the child that makes it and goes: its space cannot be read once it has gone.
  leader=$(pgrep -P "$booted" | head -1) && [ -n "$leader" ] && space=$(readlink "/proc/$leader/ns/pid") && [ "$space" != "$(readlink /proc/self/ns/pid)" ] && break
  sleep 0.1
done
on() { nsenter -t "$leader" -m -u -i -p -n -r -w env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }
fail() {
  echo "packages: $*" >&2
  on journalctl --no-pager -n 60 -u loket-kiosk -u loket-hub -u loket-display >&2 || true
  exit 1
}
within() { # SECONDS WHAT COMMAND…
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || fail "not in time: $what"
    sleep 0.3
  done
}
onsh() { on sh -ec "$1"; }
within 60 "systemd is up" on systemctl is-active basic.target
onsh 'ip link set lo up' 2>/dev/null || nsenter -t "$leader" -n ip link set lo up

say "apt install ./loket-hub ./loket-kiosk"
on apt-get install -y --no-install-recommends /packages/hub.deb /packages/kiosk.deb >"$work/said" 2>&1 || { cat "$work/said"; exit 1; }
grep -q 'this machine is a kiosk' "$work/said" || fail "the package does not say what to do next"
for u in loket-kiosk.service loket-hub.service loket-nightly.timer loket-network.timer; do
  [ "$(on systemctl is-enabled $u)" = enabled ] || fail "$u does not begin with the machine"
done
[ "$(on systemctl is-enabled ctrl-alt-del.target || true)" = masked ] || fail "Ctrl-Alt-Del still does something"

say "the documented steps"
on systemctl start loket-hub
on systemctl is-active --quiet loket-hub || fail "the hub does not run"
code=$(on loket-hub kiosk add --office ntt)
on loket-kiosk enrol --hub http://127.0.0.1:8080 --code "$code" | grep -q 'six words' || fail "not enrolled"
onsh 'printf "[[printer]]\naddress = \"tcp://127.0.0.1:9100\"\nmute = true\n" >/var/lib/loket/kiosk.toml; chown loket-kiosk: /var/lib/loket/kiosk.toml'
on systemd-run --quiet --unit printer socat -u TCP-LISTEN:9100,fork,reuseaddr OPEN:/tmp/printed,creat,append
on mkdir -p /etc/systemd/system/loket-display.service.d /etc/systemd/system/loket-kiosk.service.d
onsh 'printf "[Service]\nExecStart=\nExecStart=/usr/bin/Xvfb :0 -screen 0 1080x1920x24 -nolisten tcp -noreset -fbdir /run/loket-display -auth /run/loket-display/cookie\n" >/etc/systemd/system/loket-display.service.d/xvfb.conf'
onsh 'printf "[Service]\nWatchdogSec=9\n" >/etc/systemd/system/loket-kiosk.service.d/watchdog.conf; systemctl daemon-reload'
on systemctl start loket-kiosk || fail "the kiosk does not start"
on systemctl is-active --quiet loket-kiosk || fail "the kiosk does not run"
[ "$(on systemctl show -P SubState loket-kiosk)" = running ] || fail "the window never said that it is there"

say "a report: filed, printed, tracked"
file() { # HOW MANY
  on loket-kiosk form suggestion --example --count="$1" --seed="$RANDOM" | on loket-kiosk submit "${@:2}"
}
read -r number visit_code _ < <(file 1 --print | head -1)
[ -n "$visit_code" ] || fail "no number and code"
within 30 "the receipt comes out" onsh 'test "$(stat -c %s /tmp/printed)" -gt 5000'
arrived() { [ "$(on loket-kiosk queue --json | grep -o '"waiting": *[0-9]*' | grep -o '[0-9]*$')" = "$1" ]; }
within 60 "the report reaches the hub" arrived 0
on curl -s --data-urlencode "number=$number" --data-urlencode "code=$visit_code" --data lang=en http://127.0.0.1:8080/t >"$work/tracked"
grep -q 'Received' "$work/tracked" || fail "the tracking page says $(tr '\n' ' ' <"$work/tracked" | head -c 2000)"

# SHOW=FILE: what the screen shows, as PNG.
[ -z "${SHOW:-}" ] || { onsh 'cat /run/loket-display/Xvfb_screen0' >"$work/screen" && convert "xwd:$work/screen" "$SHOW"; }

say "a window that hangs is started again"
before=$(on systemctl show -P MainPID loket-kiosk)
on systemctl kill --kill-whom=main --signal=STOP loket-kiosk
restarted() { p=$(on systemctl show -P MainPID loket-kiosk) && [ "$p" != 0 ] && [ "$p" != "$before" ] && on systemctl is-active --quiet loket-kiosk; }
within 60 "the watchdog" restarted

say "upgrade, with reports waiting"
on systemctl stop loket-hub
file 3 >/dev/null
arrived 3 || fail "no reports wait"
on apt-get install -y --no-install-recommends /next/hub.deb /next/kiosk.deb >"$work/said" 2>&1 || { cat "$work/said"; exit 1; }
arrived 3 || fail "reports are gone after the upgrade"
onsh 'grep -q mute /var/lib/loket/kiosk.toml' || fail "settings are gone after the upgrade"
taken() { on journalctl -u loket-kiosk --no-pager | grep -q 'made anew'; }
within 120 "the window takes the upgrade up when nobody is there" taken
within 60 "it runs" on systemctl is-active loket-kiosk
[ "$(on loket-kiosk --version)" = 99.0.0 ] || fail "it is not the new version"
on systemctl start loket-hub
within 120 "what waited arrives" arrived 0
[ "$(on loket-hub case list --json | grep -c '"number"')" = 4 ] || fail "not every report is there once: $(on loket-hub case list)"

say "downgrade is refused"
if on apt-get install -y --allow-downgrades /packages/kiosk.deb >"$work/said" 2>&1; then fail "it was downgraded"; fi
grep -q 'Nothing was changed' "$work/said" || fail "a downgrade is refused without a word"
[ "$(on loket-kiosk --version)" = 99.0.0 ] || fail "a refused downgrade changed the program"
on apt-get install -y -f >/dev/null 2>&1 || fail "apt is stuck after a refused downgrade"

say "remove, purge"
on systemctl stop loket-hub
file 2 >/dev/null
on apt-get remove -y loket-kiosk >"$work/said" 2>&1
grep -q 'are kept' "$work/said" || fail "nothing is said of the reports that are kept"
onsh 'test -e /var/lib/loket/queue.db'
on apt-get purge -y loket-kiosk loket-hub >"$work/said" 2>&1
grep -q 'was not deleted' "$work/said" || fail "nothing is said of the folder that was moved"
onsh 'test ! -e /var/lib/loket && test -e /var/backups/loket-kiosk-*/queue.db && test -e /var/backups/loket-hub-*/keys'
left=$(onsh 'find / -xdev -iname "*loket*" -not -path "/proc/*" -not -path "/packages*" -not -path "/next*" -not -path "/var/backups/*" -not -path "/var/cache/apt/*" -not -path "/var/log/*" -not -path "/run/*" -not -path "/var/lib/systemd/*" -not -path "/etc/systemd/system/loket-*" -not -path "/var/lib/dpkg/*"' || true)
[ -z "$left" ] || fail "purge leaves $left"

say "and back again: the folder that was moved is taken up"
on apt-get install -y --no-install-recommends /next/kiosk.deb >"$work/said" 2>&1 || { cat "$work/said"; exit 1; }
onsh 'rm -rf /var/lib/loket; mv /var/backups/loket-kiosk-* /var/lib/loket; chown -R loket-kiosk: /var/lib/loket'
arrived 2 || fail "the reports that waited are not there"
say "all well"
