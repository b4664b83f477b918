package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A kiosk says with whom it must talk; before it knows a hub, nothing.
func TestWhomTheKioskTalksTo(t *testing.T) {
	servers := filepath.Join(t.TempDir(), "resolv.conf")
	if err := os.WriteFile(servers, []byte("# made by somebody\nnameserver 10.0.0.53\nnameserver fe80::1%eth0\noptions edns0\nnameserver nonsense\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	f := newField(t)
	f.open(time.Now)
	settings := "[[printer]]\naddress = \"tcp://192.168.1.50:9100\"\n[[printer]]\naddress = \"device:/dev/usb/lp0\"\n[[printer]]\naddress = \"ipp://192.168.1.60/ipp/print\"\n[[printer]]\naddress = \"cups:OFFICE\"\n"
	if err := os.WriteFile(filepath.Join(f.station.dir, "kiosk.toml"), []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	out := f.run(nil, kioskBin, "network", "--data", f.station.dir, "--name-servers", servers)
	if got, want := strings.TrimSpace(out), "localhost 10.0.0.53 127.0.0.1 192.168.1.50 192.168.1.60 fe80::1"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if out := f.run(nil, kioskBin, "network", "--data", t.TempDir()); out != "" {
		t.Errorf("a kiosk without a hub says %q", out)
	}
}
