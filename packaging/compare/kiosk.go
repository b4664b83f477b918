package main

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

//go:embed home.html
var homePage []byte

// glass is an X server of its own for one contender.
type glass struct {
	cmd     *exec.Cmd
	display string
	x       *xgb.Conn
	root    xproto.Window
}

const width, height = 1080, 1920

func newGlass(ctx context.Context) (*glass, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer read.Close()
	g := &glass{cmd: exec.CommandContext(ctx, "Xvfb", "-displayfd", "3", "-screen", "0", fmt.Sprintf("%dx%dx24", width, height), "-nolisten", "tcp", "-noreset")}
	g.cmd.ExtraFiles = []*os.File{write}
	err = g.cmd.Start()
	write.Close()
	if err != nil {
		return nil, err
	}
	number, err := bufio.NewReader(read).ReadString('\n')
	if err != nil {
		return nil, errors.Join(errors.New("Xvfb did not start"), err)
	}
	g.display = ":" + strings.TrimSpace(number)
	if g.x, err = xgb.NewConnDisplay(g.display); err != nil {
		return nil, err
	}
	g.root = xproto.Setup(g.x).DefaultScreen(g.x).Root
	return g, nil
}

func (g *glass) close() {
	g.x.Close()
	g.cmd.Process.Signal(syscall.SIGTERM)
	g.cmd.Wait()
}

// strip is a piece of the glass, from the top to the bottom, in which every page differs.
func (g *glass) strip() ([]byte, error) {
	i, err := xproto.GetImage(g.x, xproto.ImageFormatZPixmap, xproto.Drawable(g.root), 300, 0, 8, height, ^uint32(0)).Reply()
	if err != nil {
		return nil, err
	}
	return i.Data, nil
}

// window is a contender on its glass.
type window struct {
	*process
	first, whole float64 // seconds from the start to the first pixel, and to nearly all of the page
}

// opens starts a window and watches until it stands still.
func (g *glass) opens(ctx context.Context, env []string, name string, args ...string) (*window, error) {
	before, err := g.strip()
	if err != nil {
		return nil, err
	}
	began := time.Now()
	p, err := start(ctx, append(env, "DISPLAY="+g.display), name, args...)
	if err != nil {
		return nil, err
	}
	type frame struct {
		at      time.Time
		picture []byte
	}
	last := frame{began, before}
	var frames []frame
	for len(frames) == 0 || time.Since(last.at) < 1500*time.Millisecond {
		now, err := g.strip()
		if err == nil && time.Since(began) > 30*time.Second {
			err = fmt.Errorf("%s shows nothing, or never stands still: %s", p.name, p.said)
		}
		if err != nil {
			p.stop()
			return nil, err
		}
		if !bytes.Equal(now, last.picture) {
			last = frame{time.Now(), now}
			frames = append(frames, last)
		}
		time.Sleep(2 * time.Millisecond)
	}
	w := &window{process: p, first: frames[0].at.Sub(began).Seconds()}
	for _, f := range frames {
		if differing(f.picture, last.picture) <= 0.05 { // what comes later is small: that the hub answers
			w.whole = f.at.Sub(began).Seconds()
			break
		}
	}
	return w, nil
}

// differing is which part of two pictures differs.
func differing(a, b []byte) float64 {
	n := 0
	for i := range a {
		if a[i] != b[i] {
			n++
		}
	}
	return float64(n) / float64(len(a))
}

// tree are a process and all that came of it.
func tree(pid int) (all []int) {
	all = []int{pid}
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, path := range tasks {
		b, _ := os.ReadFile(path)
		for _, child := range strings.Fields(string(b)) {
			if n, err := strconv.Atoi(child); err == nil {
				all = append(all, tree(n)...)
			}
		}
	}
	return all
}

// memory is the proportional set size of a process tree in MB, and how many
// processes it has.
func memory(pid int) (mb float64, processes int, err error) {
	for _, p := range tree(pid) {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", p))
		if errors.Is(err, os.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
			continue
		}
		if err != nil { // the kiosk lets nobody but root look
			return 0, 0, err
		}
		for line := range strings.Lines(string(b)) {
			if rest, ok := strings.CutPrefix(line, "Pss:"); ok {
				kb, err := strconv.Atoi(strings.Fields(rest)[0])
				if err != nil {
					return 0, 0, err
				}
				mb += float64(kb) / 1024
				processes++
			}
		}
	}
	return mb, processes, nil
}

// spent is the processor time of each thread of a process tree in nanoseconds.
func spent(pid int) map[string]int64 {
	all := map[string]int64{}
	for _, p := range tree(pid) {
		tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", p))
		for _, path := range tasks {
			b, _ := os.ReadFile(path)
			if fields := strings.Fields(string(b)); len(fields) > 0 {
				all[path], _ = strconv.ParseInt(fields[0], 10, 64)
			}
		}
	}
	return all
}

// idle is how much of a core a process tree takes in d, in percent.
func idle(pids []int, d time.Duration) []float64 {
	var before []map[string]int64
	for _, pid := range pids {
		before = append(before, spent(pid))
	}
	began := time.Now()
	time.Sleep(d)
	var all []float64
	for i, pid := range pids {
		used := int64(0)
		for task, now := range spent(pid) {
			used += now - before[i][task]
		}
		all = append(all, float64(used)/float64(time.Since(began))*100)
	}
	return all
}

// window compares the kiosk's home screen with Chromium on a page like it.
func (c *comparison) window(ctx context.Context) error {
	hubDir, kioskDir, profile := c.path("window", "hub"), c.path("window", "kiosk"), c.path("window", "chromium")
	if err := c.enrolled(ctx, hubDir, kioskDir, 0); err != nil {
		return err
	}
	hub, err := c.serveHub(ctx, hubDir)
	if err != nil {
		return err
	}
	defer hub.stop()
	if err := pointed(kioskDir, hub.address); err != nil {
		return err
	}
	// Home stays home: after a while without a touch the kiosk would call people over.
	if err := os.WriteFile(filepath.Join(kioskDir, "kiosk.toml"), []byte("[screen]\nattract_seconds = 86400\n"), 0o600); err != nil {
		return err
	}
	page := c.path("window", "home.html")
	if err := os.WriteFile(page, homePage, 0o644); err != nil {
		return err
	}
	var glasses [2]*glass
	for i := range glasses {
		if glasses[i], err = newGlass(ctx); err != nil {
			return err
		}
		defer glasses[i].close()
	}
	ours := func() (*window, error) {
		return glasses[0].opens(ctx, []string{"FYNE_PLATFORM=x11"}, c.bin("kiosk"), "run", "--data", kioskDir)
	}
	theirs := func() (*window, error) {
		args := []string{"--kiosk", "--no-first-run", "--user-data-dir=" + profile, "--window-position=0,0", fmt.Sprintf("--window-size=%d,%d", width, height),
			"--password-store=basic", "--disable-background-networking", "--disable-component-update", "file://" + page}
		if os.Getuid() == 0 {
			args = append([]string{"--no-sandbox"}, args...)
		}
		return glasses[1].opens(ctx, nil, "chromium", args...)
	}
	var first, whole, pss [2]figures
	processes := [2]int{}
	err = c.runs(func(keep bool) error {
		for i, open := range []func() (*window, error){ours, theirs} {
			w, err := open()
			if err != nil {
				return err
			}
			time.Sleep(3 * time.Second) // what comes behind the first picture
			mb, n, err := memory(w.cmd.Process.Pid)
			w.stop()
			if err != nil {
				return err
			}
			if keep {
				first[i], whole[i], pss[i], processes[i] = append(first[i], w.first), append(whole[i], w.whole), append(pss[i], mb), n
			}
			time.Sleep(300 * time.Millisecond)
		}
		return nil
	})
	if err != nil {
		return err
	}
	// Idle: both at once, each on its own glass.
	a, err := ours()
	if err != nil {
		return err
	}
	defer a.stop()
	b, err := theirs()
	if err != nil {
		return err
	}
	defer b.stop()
	time.Sleep(15 * time.Second)
	var rest [2]figures
	window := 20 * time.Second
	if c.quick {
		window = 20 * time.Second
	}
	for range c.times {
		for i, x := range idle([]int{a.cmd.Process.Pid, b.cmd.Process.Pid}, window) {
			rest[i] = append(rest[i], x)
		}
	}
	chromium := "Chromium --kiosk"
	if out, err := command(ctx, nil, "chromium", "--version"); err == nil {
		chromium = strings.Join(strings.Fields(out)[:2], " ") + " --kiosk"
	}
	c.add(row{name: "first pixel", what: "kiosk, from the start to the first pixel (warm)", ours: first[0], theirs: first[1], unit: " s", theirName: chromium, most: 0.8},
		row{name: "first frame", what: "kiosk, from the start to the whole home screen", ours: whole[0], theirs: whole[1], unit: " s", theirName: chromium},
		row{name: "memory", what: fmt.Sprintf("kiosk, PSS at the home screen (%d process; Chromium %d)", processes[0], processes[1]), ours: pss[0], theirs: pss[1], unit: " MB", theirName: chromium, most: 0.45},
		row{name: "idle", what: fmt.Sprintf("kiosk, a still home screen: processor over %v", window), ours: rest[0], theirs: rest[1], unit: " %", theirName: chromium, most: 1})
	return nil
}
