package printer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path"
	"strings"
	"sync"
	"time"

	"go.bug.st/serial/enumerator"

	"loket/kiosk/printer/ipp"
)

// Found is a printer that is there.
type Found struct {
	Name    string // as its maker or its owner calls it
	Address string // as in [Settings]
	Paper   string // that it most likely has
}

// searching is how long names of the network are waited for.
const searching = 4 * time.Second

// Find looks for printers at this machine, in its CUPS or its Windows, and on the network. What
// could not be searched is an error beside what was found.
func Find(ctx context.Context) ([]Found, error) {
	ctx, done := context.WithTimeout(ctx, 2*searching)
	defer done()
	ways := []func(context.Context) ([]Found, error){
		func(context.Context) ([]Found, error) { return usb(os.DirFS("/")) },
		serials,
		func(ctx context.Context) ([]Found, error) { return queues(ctx, ipp.Socket) },
		func(context.Context) ([]Found, error) { return windowsPrinters(system()) },
		func(ctx context.Context) ([]Found, error) { return announced(ctx, "_ipp._tcp") },
		func(ctx context.Context) ([]Found, error) { return announced(ctx, "_pdl-datastream._tcp") },
	}
	found, errs := make([][]Found, len(ways)), make([]error, len(ways))
	var all sync.WaitGroup
	for i, way := range ways {
		all.Go(func() { found[i], errs[i] = way(ctx) })
	}
	all.Wait()
	var list []Found
	for _, f := range found {
		list = append(list, f...)
	}
	return list, errors.Join(errs...)
}

// usb are the printers on the kernel's usblp driver. Their names are from IEEE
// 1284 device ids, such as MFG:EPSON;MDL:TM-T82X;.
func usb(root fs.FS) (all []Found, err error) {
	devices, err := fs.Glob(root, "dev/usb/lp*")
	if err != nil {
		return nil, err
	}
	for _, d := range devices {
		name := "USB printer"
		if id, err := fs.ReadFile(root, "sys/class/usbmisc/"+path.Base(d)+"/device/ieee1284_id"); err == nil {
			maker, model := "", ""
			for field := range strings.SplitSeq(strings.TrimSpace(string(id)), ";") {
				key, value, _ := strings.Cut(field, ":")
				switch key {
				case "MFG", "MANUFACTURER":
					maker = value
				case "MDL", "MODEL":
					model = value
				}
			}
			if both := strings.TrimSpace(maker + " " + strings.TrimPrefix(model, maker+" ")); both != "" {
				name = both
			}
		}
		all = append(all, Found{name, "device:/" + d, "80mm"})
	}
	return all, nil
}

// serials are serial ports on USB; whether a printer is behind one, only a test
// page tells.
func serials(context.Context) (all []Found, err error) {
	ports, err := enumerator.GetDetailedPortsList()
	if err != nil {
		return nil, fmt.Errorf("serial ports: %w", err)
	}
	for _, p := range ports {
		if p.IsUSB {
			all = append(all, Found{"serial port " + strings.TrimSpace(p.VID+":"+p.PID+" "+p.Product), "serial:" + p.Name + "?baud=115200", "80mm"})
		}
	}
	return all, nil
}

// queues are the printers of a CUPS; none where no CUPS runs.
func queues(ctx context.Context, socket string) (all []Found, err error) {
	if _, err := os.Stat(socket); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	printers, err := ipp.CUPS(socket, "").Printers(ctx)
	if err != nil {
		return nil, fmt.Errorf("CUPS: %w", err)
	}
	for _, p := range printers {
		name := p.Info
		if name == "" {
			name = p.Name
		}
		all = append(all, Found{strings.TrimSpace(name + " (CUPS) " + p.Model), "cups:" + p.Name, "a5"})
	}
	return all, nil
}

// announced are the printers that say on the network that they are there
// (DNS-SD), as CUPS's ippfind hears them; none where that is not installed.
func announced(ctx context.Context, service string) (all []Found, err error) {
	program, err := exec.LookPath("ippfind")
	if err != nil {
		return nil, nil
	}
	cmd := exec.CommandContext(ctx, program, service, "-T", fmt.Sprint(int(searching.Seconds())), "-x", "printf", `%s\t%s\t%s\n`, "{service_name}", "{service_uri}", "{service_hostname}:{service_port}", ";")
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) && len(out) == 0 && exit.ExitCode() == 1 {
		return nil, nil // it heard nobody
	}
	if err != nil && len(out) == 0 {
		return nil, fmt.Errorf("ippfind: %w", err)
	}
	for line := range strings.Lines(string(out)) {
		f := strings.Split(strings.TrimSpace(line), "\t")
		if len(f) != 3 {
			continue
		}
		if service == "_pdl-datastream._tcp" {
			all = append(all, Found{f[0], "tcp://" + f[2], "80mm"})
		} else if u, err := url.Parse(f[1]); err == nil && u.Host != "" {
			all = append(all, Found{f[0], u.String(), "a5"})
		}
	}
	return all, nil
}
