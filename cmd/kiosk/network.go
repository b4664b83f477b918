package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"

	"loket/kiosk/enrol"
)

type networkCommand struct {
	dataFlag
	NameServers string `default:"/etc/resolv.conf" type:"path" placeholder:"FILE" help:"Where the name servers stand (resolv.conf(5))."`
}

// Run prints, in one line, every address that this kiosk has to talk to, as systemd
// takes it for IPAddressAllow: this machine, name servers, the hub, printers. Nothing
// for a kiosk that is not enrolled, which has yet to find its hub.
func (c *networkCommand) Run(ctx context.Context, s *streams) error {
	e, err := enrol.Load(c.Data)
	if errors.Is(err, enrol.ErrNotEnrolled) {
		return nil
	}
	if err != nil {
		return err
	}
	settings, err := loadConfig(c.Data)
	if err != nil {
		return err
	}
	places := []string{e.Hub}
	for _, p := range settings.Printers {
		places = append(places, p.Address)
	}
	all := []string{"localhost"}
	file, err := os.Open(c.NameServers)
	if err == nil {
		servers := nameServers(file)
		file.Close()
		all = append(all, servers...)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for i, place := range places {
		at, err := url.Parse(place)
		if err != nil || at.Hostname() == "" {
			continue // a device, a folder, a queue of CUPS
		}
		found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", at.Hostname())
		switch {
		case err != nil && i == 0:
			return fmt.Errorf("the hub's address is not known now: %w", err)
		case err != nil:
			fmt.Fprintf(s.err, "kiosk: the address of a printer is not known now: %v\n", err)
		}
		for _, a := range found {
			all = append(all, a.Unmap().String())
		}
	}
	slices.Sort(all[1:])
	_, err = fmt.Fprintln(s.out, strings.Join(slices.Compact(all), " "))
	return err
}

// nameServers are the addresses in a resolv.conf.
func nameServers(r io.Reader) (all []string) {
	for lines := bufio.NewScanner(r); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if len(words) < 2 || words[0] != "nameserver" {
			continue
		}
		if a, err := netip.ParseAddr(words[1]); err == nil {
			all = append(all, a.WithZone("").String())
		}
	}
	return all
}
