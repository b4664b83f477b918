package printer

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func TestFindsUSBPrinters(t *testing.T) {
	found, err := usb(fstest.MapFS{
		"dev/usb/lp0":     {},
		"dev/usb/lp1":     {},
		"dev/usb/hiddev0": {},
		"sys/class/usbmisc/lp0/device/ieee1284_id":   {Data: []byte("MFG:EPSON;CMD:ESC/POS;MDL:TM-T82X;CLS:PRINTER;\n")},
		"sys/class/usbmisc/lp1/device/something_odd": {},
	})
	want := []Found{{"EPSON TM-T82X", "device:/dev/usb/lp0", "80mm"}, {"USB printer", "device:/dev/usb/lp1", "80mm"}}
	if err != nil || !slices.Equal(found, want) {
		t.Errorf("%+v, %v", found, err)
	}
}

func TestFindsOfficePrinters(t *testing.T) {
	t.Parallel()
	d := newDesk(t, keep)
	socket, _ := cups(t, d.uri)
	queue, err := queues(t.Context(), socket)
	if err != nil || len(queue) != 1 || queue[0].Address != "cups:desk" {
		t.Errorf("%+v, %v", queue, err)
	}
	if none, err := queues(t.Context(), socket+"x"); err != nil || none != nil {
		t.Errorf("no CUPS: %+v, %v", none, err)
	}
	network, err := announced(t.Context(), "_ipp._tcp")
	port := d.uri[strings.LastIndexByte(d.uri, ':'):]
	if err != nil || !slices.ContainsFunc(network, func(f Found) bool { return strings.HasSuffix(f.Address, port) && strings.HasPrefix(f.Name, "Loket ") }) {
		t.Errorf("%s among %+v, %v", port, network, err)
	}
}
