package printer

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/windows"
)

// system is this machine's Windows spooler.
func system() winspool { return drv{} }

// drv is winspool.drv.
type drv struct{}

var (
	winspoolDLL      = windows.NewLazySystemDLL("winspool.drv")
	openPrinter      = winspoolDLL.NewProc("OpenPrinterW")
	closePrinter     = winspoolDLL.NewProc("ClosePrinter")
	enumPrinters     = winspoolDLL.NewProc("EnumPrintersW")
	getPrinter       = winspoolDLL.NewProc("GetPrinterW")
	startDocPrinter  = winspoolDLL.NewProc("StartDocPrinterW")
	startPagePrinter = winspoolDLL.NewProc("StartPagePrinter")
	writePrinter     = winspoolDLL.NewProc("WritePrinter")
	endPagePrinter   = winspoolDLL.NewProc("EndPagePrinter")
	endDocPrinter    = winspoolDLL.NewProc("EndDocPrinter")
	abortPrinter     = winspoolDLL.NewProc("AbortPrinter")
	getJob           = winspoolDLL.NewProc("GetJobW")
	setJob           = winspoolDLL.NewProc("SetJobW")
)

// printerInfo2 is PRINTER_INFO_2W.
type printerInfo2 struct {
	server, name, share, port, driver, comment, location *uint16
	devMode                                              unsafe.Pointer
	sepFile, printProcessor, datatype, parameters        *uint16
	security                                             unsafe.Pointer
	attributes, priority, defaultPriority                uint32
	startTime, untilTime, status, jobs, averagePPM       uint32
}

func (i *printerInfo2) printer() winPrinter {
	return winPrinter{
		Name: windows.UTF16PtrToString(i.name), Driver: windows.UTF16PtrToString(i.driver), Port: windows.UTF16PtrToString(i.port),
		Status: i.status, Attributes: i.attributes,
	}
}

// jobInfo1 is JOB_INFO_1W.
type jobInfo1 struct {
	id                                                 uint32
	printer, machine, user, document, datatype, status *uint16
	bits, priority, position, pages, printed           uint32
	submitted                                          windows.Systemtime
}

// call returns a procedure's error when it says that it failed, by returning 0.
func call(p *windows.LazyProc, args ...uintptr) (uintptr, error) {
	r, _, err := p.Call(args...)
	if r == 0 {
		return 0, fmt.Errorf("%s: %w", p.Name, err)
	}
	return r, nil
}

// sized calls what writes into a buffer, of the size that it first asks for.
func sized(get func(buffer unsafe.Pointer, size uint32, needed *uint32) error) ([]uint64, error) {
	var needed uint32
	b := make([]uint64, 128) // aligned for what is in it
	for range 4 {            // printers come and go meanwhile
		err := get(unsafe.Pointer(&b[0]), uint32(len(b)*8), &needed)
		if !errors.Is(err, windows.ERROR_INSUFFICIENT_BUFFER) {
			return b, err
		}
		b = make([]uint64, needed/8+1)
	}
	return nil, windows.ERROR_INSUFFICIENT_BUFFER
}

// with opens a printer for f.
func (drv) with(name string, f func(h uintptr) error) error {
	h, err := openByName(name)
	if err != nil {
		return err
	}
	return errors.Join(f(h), shut(h))
}

func openByName(name string) (h uintptr, err error) {
	n, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return 0, err
	}
	_, err = call(openPrinter, uintptr(unsafe.Pointer(n)), uintptr(unsafe.Pointer(&h)), 0)
	return h, err
}

func shut(h uintptr) error {
	_, err := call(closePrinter, h)
	return err
}

// Printers implements winspool.
func (drv) Printers() (all []winPrinter, err error) {
	const localAndConnected = 0x2 | 0x4 // PRINTER_ENUM_LOCAL, PRINTER_ENUM_CONNECTIONS
	var n uint32
	b, err := sized(func(buffer unsafe.Pointer, size uint32, needed *uint32) error {
		_, err := call(enumPrinters, localAndConnected, 0, 2, uintptr(buffer), uintptr(size), uintptr(unsafe.Pointer(needed)), uintptr(unsafe.Pointer(&n)))
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, i := range unsafe.Slice((*printerInfo2)(unsafe.Pointer(&b[0])), n) {
		all = append(all, i.printer())
	}
	runtime.KeepAlive(b)
	return all, nil
}

// Printer implements winspool.
func (d drv) Printer(name string) (p winPrinter, err error) {
	return p, d.with(name, func(h uintptr) error {
		b, err := sized(func(buffer unsafe.Pointer, size uint32, needed *uint32) error {
			_, err := call(getPrinter, h, 2, uintptr(buffer), uintptr(size), uintptr(unsafe.Pointer(needed)))
			return err
		})
		if err == nil {
			p = (*printerInfo2)(unsafe.Pointer(&b[0])).printer()
		}
		runtime.KeepAlive(b)
		return err
	})
}

// over reports whether an error of GetJob or SetJob says that there is no such job;
// Wine, on which this is tried, says no more than that it failed.
func over(err error) bool {
	return errors.Is(err, windows.ERROR_INVALID_PARAMETER) || errors.Is(err, windows.ERROR_SUCCESS)
}

// Job implements winspool.
func (d drv) Job(name string, id uint32) (j winJob, err error) {
	return j, d.with(name, func(h uintptr) error {
		b, err := sized(func(buffer unsafe.Pointer, size uint32, needed *uint32) error {
			_, err := call(getJob, h, uintptr(id), 1, uintptr(buffer), uintptr(size), uintptr(unsafe.Pointer(needed)))
			return err
		})
		if over(err) {
			return errNoJob
		}
		if err == nil {
			j = winJob((*jobInfo1)(unsafe.Pointer(&b[0])).bits)
		}
		runtime.KeepAlive(b)
		return err
	})
}

// Cancel implements winspool.
func (d drv) Cancel(name string, id uint32) error {
	const remove = 5 // JOB_CONTROL_DELETE
	return d.with(name, func(h uintptr) error {
		_, err := call(setJob, h, uintptr(id), 0, 0, remove)
		if over(err) {
			return errNoJob
		}
		return err
	})
}

// docInfo1 is DOC_INFO_1W.
type docInfo1 struct{ name, output, datatype *uint16 }

// Begin implements winspool.
func (drv) Begin(name, title string) (winDocument, error) {
	h, err := openByName(name)
	if err != nil {
		return nil, err
	}
	info := docInfo1{windows.StringToUTF16Ptr(title), nil, windows.StringToUTF16Ptr("RAW")}
	id, err := call(startDocPrinter, h, 1, uintptr(unsafe.Pointer(&info)))
	if err != nil {
		return nil, errors.Join(err, shut(h))
	}
	if _, err := call(startPagePrinter, h); err != nil {
		d := &drvDocument{h, uint32(id)}
		return nil, errors.Join(err, d.Abort())
	}
	return &drvDocument{h, uint32(id)}, nil
}

type drvDocument struct {
	h  uintptr
	id uint32
}

// ID implements winDocument.
func (d *drvDocument) ID() uint32 { return d.id }

// Write implements winDocument.
func (d *drvDocument) Write(b []byte) (n int, err error) {
	for n < len(b) {
		var wrote uint32
		if _, err := call(writePrinter, d.h, uintptr(unsafe.Pointer(&b[n])), uintptr(len(b)-n), uintptr(unsafe.Pointer(&wrote))); err != nil {
			return n, err
		}
		if wrote == 0 {
			return n, errors.New("WritePrinter takes nothing")
		}
		n += int(wrote)
	}
	return n, nil
}

// End implements winDocument.
func (d *drvDocument) End() error {
	_, page := call(endPagePrinter, d.h)
	_, end := call(endDocPrinter, d.h)
	return errors.Join(page, end, shut(d.h))
}

// Abort implements winDocument.
func (d *drvDocument) Abort() error {
	_, err := call(abortPrinter, d.h)
	return errors.Join(err, shut(d.h))
}
