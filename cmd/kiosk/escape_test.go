package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// dummy is a screen for Xorg without a graphics card, to go with what the package
// brings.
const dummy = `
Section "Device"
    Identifier "none"
    Driver "dummy"
    VideoRam 32768
EndSection
Section "Monitor"
    Identifier "portrait"
    HorizSync 5-1000
    VertRefresh 5-200
    Modeline "portrait" 176.50 1080 1168 1280 1480 1920 1923 1933 1989
EndSection
Section "Screen"
    Identifier "screen"
    Device "none"
    Monitor "portrait"
    DefaultDepth 24
    SubSection "Display"
        Depth 24
        Modes "portrait"
        Virtual 1080 1920
    EndSubSection
EndSection
`

// terminal is the one that the machine's keyboard and screen belong to.
func terminal() string {
	b, _ := os.ReadFile("/sys/class/tty/tty0/active")
	return strings.TrimSpace(string(b))
}

// display is Xorg as the package sets it up, where that can be started: only there
// can keys lead to another terminal. Elsewhere it is Xvfb.
func display(t *testing.T) *exec.Cmd {
	const server = "/usr/lib/xorg/Xorg"
	_, there := os.Stat(server)
	_, driver := os.Stat("/usr/lib/xorg/modules/drivers/dummy_drv.so")
	if tty, err := os.OpenFile("/dev/tty0", os.O_RDWR, 0); os.Getuid() != 0 || there != nil || driver != nil || err != nil {
		t.Logf("Xvfb in place of Xorg, which has no other terminals: root %v, server %v, driver %v, terminals %v", os.Getuid() == 0, there == nil, driver == nil, err == nil)
		return exec.Command("Xvfb", "-screen", "0", "1080x1920x24", "-nolisten", "tcp", "-noreset")
	} else {
		tty.Close()
	}
	shipped, err := os.ReadFile("../../packaging/deb/kiosk/xorg.conf")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	config := filepath.Join(dir, "xorg.conf")
	if err := os.WriteFile(config, append(shipped, dummy...), 0o600); err != nil {
		t.Fatal(err)
	}
	return exec.Command(server, "vt7", "-novtswitch", "-nolisten", "tcp", "-noreset", "-s", "0", "-config", config, "-logfile", filepath.Join(dir, "log"), "-nocursor")
}

// Whoever stands at the kiosk, with hands, a keyboard of their own or a scanner of
// their own codes, finds no way out of it: it goes on in the same process, its window
// alone covers the screen, no other program is started, and left alone it is at home
// again.
func TestNoWayOutOfTheWindow(t *testing.T) {
	o := newOffice(t)
	config := "[screen]\nidle_seconds = 5\ntyping_seconds = 5\nwarning_seconds = 5\nattract_seconds = 3600\n[scanner]\npresent = true\n"
	if err := os.WriteFile(filepath.Join(o.kiosk, "kiosk.toml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	before := terminal()
	f := newFingerOn(t, "ntt", display(t))
	own := terminal()
	t.Cleanup(func() { t.Logf("terminals: %s before, %s with the kiosk", before, own) })
	// Whatever would be opened leaves its name.
	traps, opened := t.TempDir(), filepath.Join(t.TempDir(), "opened")
	for _, name := range []string{"xdg-open", "gio", "x-www-browser", "sensible-browser", "firefox", "chromium", "xterm", "x-terminal-emulator", "zenity", "kdialog", "xmessage", "nautilus", "dbus-launch"} {
		if err := os.WriteFile(filepath.Join(traps, name), []byte("#!/bin/sh\necho "+name+" \"$@\" >>"+opened+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	home := t.TempDir()
	f.env = []string{"PATH=" + traps + ":" + os.Getenv("PATH"), "HOME=" + home}
	var log journal
	f.log = &log
	window := f.open(o)
	time.Sleep(3 * time.Second)

	// What is on the glass below the clock.
	glass := func() string {
		out, err := f.command("import", "-window", "root", "-crop", "1080x1780+0+140", "-depth", "8", "rgb:-").Output()
		if err != nil {
			t.Fatal("import: ", err)
		}
		return string(out)
	}
	atHome := glass()
	shape := regexp.MustCompile(`(?m)^\s+(0x[0-9a-f]+) (?:"([^"]*)"|\(has no name\)).* (\d+x\d+\+-?\d+\+-?\d+) `)
	held := func(escape string) {
		t.Helper()
		if err := syscall.Kill(window.Process.Pid, 0); err != nil {
			t.Fatalf("%s: the kiosk ended: %v: %s", escape, err, log.String())
		}
		out, err := f.command("xwininfo", "-root", "-children").Output()
		if err != nil {
			t.Fatalf("%s: the display is gone: %v", escape, err)
		}
		var covers, others []string
		for _, w := range shape.FindAllStringSubmatch(string(out), -1) {
			state, _ := f.command("xwininfo", "-id", w[1]).Output()
			switch {
			case !strings.Contains(string(state), "IsViewable"):
			case w[2] == "Loket" && w[3] == "1080x1920+0+0":
				covers = append(covers, w[0])
			default:
				others = append(others, w[0])
			}
		}
		if len(covers) != 1 || len(others) > 0 {
			t.Fatalf("%s: the window no longer covers the screen alone: %s", escape, out)
		}
		if b, err := os.ReadFile(opened); err == nil && strings.TrimSpace(strings.ReplaceAll(string(b), "dbus-launch", "")) != "" {
			t.Fatalf("%s: %s was started", escape, b)
		}
		if now := terminal(); now != own {
			t.Fatalf("%s: the machine shows terminal %s, not %s", escape, now, own)
		}
	}
	returns := func(from string) {
		t.Helper()
		for end := time.Now().Add(90 * time.Second); glass() != atHome; time.Sleep(500 * time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("%s: left alone it does not come home: %s: %s", from, f.picture("not-home"), log.String())
			}
		}
	}
	x, err := xgb.NewConnDisplay(f.display)
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()

	try := func(what string, args ...string) {
		t.Helper()
		if out, err := f.command("xdotool", args...).CombinedOutput(); err != nil {
			t.Fatalf("%s: xdotool: %v %s", what, err, out)
		}
		held(what)
	}
	keys := []string{"alt+F4", "alt+Tab", "alt+F2", "alt+F1", "alt+space", "alt+Escape", "ctrl+alt+BackSpace", "ctrl+alt+Delete", "ctrl+alt+t", "ctrl+alt+Escape",
		"ctrl+alt+KP_Add", "ctrl+alt+KP_Multiply", "ctrl+alt+KP_Divide", "ctrl+shift+Escape", "ctrl+Escape", "Super_L", "Super_L+l", "Super_L+d", "Super_L+r", "Super_L+Tab", "Menu", "Print", "alt+Print", "alt+Sys_Req", "Pause", "Scroll_Lock",
		"ctrl+c", "ctrl+v", "ctrl+x", "ctrl+a", "ctrl+z", "ctrl+q", "ctrl+w", "ctrl+n", "ctrl+o", "ctrl+p", "ctrl+s", "ctrl+shift+i", "ctrl+shift+w", "ctrl+plus", "ctrl+minus", "ctrl+Insert", "shift+Insert", "shift+F10",
		"XF86PowerOff", "XF86Sleep", "XF86WWW", "XF86Explorer", "XF86Calculator", "XF86Mail", "XF86AudioMute", "XF86LogOff", "XF86Terminal", "Escape", "F11", "F5", "F10"}
	for n := 1; n <= 12; n++ {
		keys = append(keys, fmt.Sprintf("F%d", n), fmt.Sprintf("ctrl+alt+F%d", n), fmt.Sprintf("XF86Switch_VT_%d", n))
	}
	escapes := func(from string) {
		for _, k := range keys {
			try(from+": "+k, "key", "--clearmodifiers", k)
		}
		try(from+": shift five times", "key", "Shift_L", "Shift_L", "Shift_L", "Shift_L", "Shift_L")
		try(from+": shift held", "keydown", "Shift_L", "sleep", "1", "keyup", "Shift_L")
		for _, at := range [][2]string{{"540", "500"}, {"10", "10"}, {"1070", "1900"}, {"540", "1500"}} {
			for _, button := range []string{"2", "3", "4", "5", "6", "7", "8", "9"} {
				try(from+": button "+button+" at "+at[0]+","+at[1], "mousemove", at[0], at[1], "click", button)
			}
		}
		try(from+": a long press", "mousemove", "540", "420", "mousedown", "1", "sleep", "2", "mouseup", "1")
		for _, edge := range [][4]string{{"2", "900", "700", "900"}, {"1078", "900", "300", "900"}, {"540", "2", "540", "900"}, {"540", "1918", "540", "700"}, {"2", "2", "900", "1700"}} {
			try(from+": dragged from "+edge[0]+","+edge[1], "mousemove", edge[0], edge[1], "mousedown", "1", "sleep", "0.1", "mousemove", edge[2], edge[3], "sleep", "0.1", "mouseup", "1")
		}
		try(from+": touched three times, fast", "mousemove", "540", "420", "click", "--repeat", "3", "--delay", "30", "1")
		// A scanner of somebody's own codes: it types what they hold, control characters too.
		try(from+": a code that is an address", "type", "--delay", "4", "file:///etc/passwd\njavascript:alert(1)\nhttps://example.org/\n")
		try(from+": a code of control characters", "key", "--delay", "4", "ctrl+l", "ctrl+t", "Escape", "bracketleft", "A", "ctrl+d", "ctrl+bracketleft", "Return", "Tab", "Return", "Delete", "ctrl+Return", "alt+Return")
		try(from+": a very long code", "type", "--delay", "1", strings.Repeat("%n$(reboot);", 60))
		// What a window manager says when somebody closes a window.
		root := xproto.Setup(x).DefaultScreen(x).Root
		tree, err := xproto.QueryTree(x, root).Reply()
		if err != nil {
			t.Fatal(err)
		}
		atom := func(name string) xproto.Atom {
			a, err := xproto.InternAtom(x, false, uint16(len(name)), name).Reply()
			if err != nil {
				t.Fatal(err)
			}
			return a.Atom
		}
		for _, child := range tree.Children {
			e := xproto.ClientMessageEvent{Format: 32, Window: child, Type: atom("WM_PROTOCOLS"),
				Data: xproto.ClientMessageDataUnionData32New([]uint32{uint32(atom("WM_DELETE_WINDOW")), 0, 0, 0, 0})}
			if err := xproto.SendEventChecked(x, false, child, xproto.EventMaskNoEvent, string(e.Bytes())).Check(); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(500 * time.Millisecond)
		held(from + ": asked to close")
	}

	escapes("home")
	f.picture("escapes-home")
	returns("home")
	f.tap("suggestion", "main")
	f.write("kursi")
	escapes("a question")
	f.picture("escapes-question")
	returns("a question")
	for range 5 { // on the emblem
		f.press(60, 60, "0.15")
	}
	escapes("the receptionist's PIN")
	f.picture("escapes-pin")
	returns("the receptionist's PIN")
	if err := window.Process.Signal(syscall.SIGTERM); err != nil || window.Wait() != nil {
		t.Error("who looks after it ends it, and it does not end well: ", err, log.String())
	}
}
