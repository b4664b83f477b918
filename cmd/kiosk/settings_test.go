package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// written is a kiosk.toml as a technician writes one.
const written = `# Kios lobi utama, Pak Budi 2026-03. Jangan ubah alamat printer!
[sound]   # pengeras suara rusak
output = "none" # sampai diganti

# Printer kasir, lalu cadangan di ruang arsip.
[[printer]]
address = "tcp://192.168.1.50:9100"
dots = 512          # kepala cetak sempit
[[printer]]
name = "Arsip"
address = "cups:ARSIP"
paper = "a5"
mute = true

[screen]
languages = [
  "id", # utama
  "en",
]
width_mm = 476.5    # diukur # dua kali
# idle_seconds = 90
idle_seconds = 75

[document]
scanner = "none"`

// What a technician wrote survives every change, but for the lines changed.
func TestAHandWrittenConfigSurvives(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "kiosk.toml")
	if err := os.WriteFile(path, []byte(written), 0o600); err != nil {
		t.Fatal(err)
	}
	change := func(name, value string) {
		t.Helper()
		if err := changeSettings(dir, func(text string) (string, error) { return withSetting(text, name, value) }, name); err != nil {
			t.Fatal(name, err)
		}
	}
	want := written
	expect := func(pairs ...string) {
		t.Helper()
		want = strings.NewReplacer(pairs...).Replace(want)
		b, err := os.ReadFile(path)
		if err != nil || string(b) != want {
			t.Fatalf("got:\n%s\nwant:\n%s\n%v", b, want, err)
		}
		if _, err := loadConfig(dir); err != nil {
			t.Fatal(err)
		}
	}
	change("screen.width_mm", "527")
	expect("476.5    # diukur", "527    # diukur")
	change("sound.output", `"speaker"`)
	expect(`"none" # sampai`, `"speaker" # sampai`)
	change("screen.languages", `["en", "id"]`)
	expect("[\n  \"id\", # utama\n  \"en\",\n]", `["en", "id"]`)
	change("screen.keyboard", `"abc"`)
	expect("idle_seconds = 75\n", "idle_seconds = 75\nkeyboard = \"abc\"\n")
	change("scanner.present", "true")
	want += "\n\n[scanner]\npresent = true\n"
	expect()
	use := func(address, paper string) {
		t.Helper()
		if err := changeSettings(dir, func(text string) (string, error) { return withPrinter(text, "", address, paper) }, "printer"); err != nil {
			t.Fatal(address, err)
		}
	}
	// The same printer on other paper, then the spare one first.
	use("tcp://192.168.1.50:9100", "80mm")
	expect("kepala cetak sempit\n", "kepala cetak sempit\npaper = \"80mm\"\n")
	first := "[[printer]]\naddress = \"tcp://192.168.1.50:9100\"\ndots = 512          # kepala cetak sempit\npaper = \"80mm\"\n"
	second := "[[printer]]\nname = \"Arsip\"\naddress = \"cups:ARSIP\"\npaper = \"a5\"\nmute = true\n"
	use("cups:ARSIP", "a4")
	expect(first+second, strings.Replace(second, "a5", "a4", 1)+first)
	// A new one puts the first aside; none, all.
	use("device:/dev/usb/lp0", "58mm")
	fresh := "[[printer]]\naddress = \"device:/dev/usb/lp0\"\npaper = \"58mm\"\n"
	expect(strings.Replace(second, "a5", "a4", 1), "# [[printer]]\n# name = \"Arsip\"\n# address = \"cups:ARSIP\"\n# paper = \"a4\"\n# mute = true\n"+fresh)
	if c, err := loadConfig(dir); err != nil || len(c.Printers) != 2 || c.Printers[0].Address != "device:/dev/usb/lp0" || c.Printers[1].Dots != 512 || c.Screen.IdleSeconds != 75 {
		t.Fatalf("%+v %v", c, err)
	}
	use("", "")
	if c, err := loadConfig(dir); err != nil || len(c.Printers) != 0 {
		t.Fatalf("%+v %v", c, err)
	}
	for _, kept := range []string{"# Kios lobi utama, Pak Budi", "# Printer kasir, lalu", "# idle_seconds = 90", "kepala cetak sempit"} {
		if b, _ := os.ReadFile(path); !strings.Contains(string(b), kept) {
			t.Errorf("%q is gone", kept)
		}
	}
}

// From nothing, and from what kiosk config prints; what setup cannot change without
// changing more is left as it is, with a word.
func TestSettingsFromNothingAndRefused(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "kiosk.toml")
	width := func() error {
		return changeSettings(dir, func(text string) (string, error) { return withSetting(text, "screen.width_mm", "217") }, "screen.width_mm")
	}
	for _, start := range []string{"", defaultConfig, "[screen]\n", "[screen]\r\nwidth_mm = 300\r\n", "screen.width_mm = 300\n"} {
		if err := os.WriteFile(path, []byte(start), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := width(); err != nil {
			t.Errorf("%q: %v", start, err)
			continue
		}
		c, err := loadConfig(dir)
		if err != nil || c.Screen.WidthMM != 217 {
			t.Errorf("%q: %v %v", start, c, err)
		}
		b, _ := os.ReadFile(path)
		if start == defaultConfig && string(b) != strings.Replace(defaultConfig, "\nwidth_mm = 336", "\nwidth_mm = 217", 1) {
			t.Error("more than one line of the whole file changed")
		}
	}
	for _, start := range []string{"screen = { width_mm = 300, idle_seconds = 70 }\n", "[screen\nwidth_mm = 300\n"} {
		if err := os.WriteFile(path, []byte(start), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := width(); err == nil || !errors.Is(err, errByHand) {
			t.Errorf("%q: %v", start, err)
		}
		if b, _ := os.ReadFile(path); string(b) != start {
			t.Errorf("%q became %q", start, b)
		}
	}
}
