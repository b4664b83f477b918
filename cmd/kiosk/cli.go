package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/alecthomas/kong"

	"loket/kiosk/enrol"
	"loket/kiosk/visit"
	"loket/store/queue"
)

// Exit codes: what a script can decide on.
const (
	exitOK     = 0
	exitFailed = 1 // something asked for was not done: a bad draft, a report still waiting, no such receipt; doctor: something must be mended
	exitUsage  = 2 // the command line or the config is wrong
	exitSetup  = 3 // not enrolled, or the data folder cannot be used
	exitDisk   = 4 // a report could not be stored, or the disk failed
)

const about = `Loket's kiosk: takes complaints, suggestions and requests for information,
keeps them sealed on this machine and sends them to the hub.

Exit codes: 0 all done; 1 something was not done (a bad draft, reports still
waiting, no such receipt) or, for doctor, must be mended; 2 wrong command line or config; 3 not enrolled, or
the data folder cannot be used; 4 a report could not be stored, or the disk failed.`

type commands struct {
	Run     runCommand       `cmd:"" default:"withargs" help:"Open the window (the default)."`
	Setup   setupCommand     `cmd:"" help:"Set this kiosk up on its own screen: language, office, printer, screen, sound, PINs. run does it by itself where it never was."`
	Enrol   enrolCommand     `cmd:"" help:"Introduce this kiosk to its hub with a one-time code."`
	Submit  submitCommand    `cmd:"" help:"File drafts, one JSON object a line, on the same path as the screen."`
	Form    formCommand      `cmd:"" help:"List the forms, show one, or make example drafts."`
	Upload  uploadCommand    `cmd:"" help:"Send what is waiting to the hub."`
	Export  exportCommand    `cmd:"" help:"Put what is waiting onto a stick, for a hub that no network reaches: docs/stick.md."`
	Import  importCommand    `cmd:"" help:"Take what the hub signed off a stick that comes back."`
	Queue   queueCommand     `cmd:"" help:"Show what is waiting, acknowledged and purged."`
	Check   checkCommand     `cmd:"" help:"Check every report on this disk; with --salvage, save what a damaged disk still gives."`
	Doctor  doctorCommand    `cmd:"" help:"Look over this machine: say what is well, what is wrong and how to mend it."`
	Receipt receiptCommand   `cmd:"" help:"Print a copy of the receipt of a report filed in the last 15 minutes, or write it to a file."`
	Printer printerCommand   `cmd:"" help:"Find printers, ask how they are, print a test page."`
	Network networkCommand   `cmd:"" help:"Print every address that this kiosk must reach, as systemd takes it for IPAddressAllow."`
	Config  configCommand    `cmd:"" help:"Print the configuration file with every setting explained."`
	Gallery galleryCommand   `cmd:"" help:"Show every control in every state, theme and size."`
	Version kong.VersionFlag `help:"Print the version."`
}

// dataFlag is the folder that every command but form and config needs.
type dataFlag struct {
	Data string `required:"" type:"path" placeholder:"DIR" env:"LOKET_DATA" help:"Folder with the queue, the keys and kiosk.toml ($$LOKET_DATA; on Windows %ProgramData%\\Loket if neither is given)."`
}

// streams are what a command reads and writes, so that tests run it as people do.
type streams struct {
	in       io.Reader
	out, err io.Writer
	now      func() time.Time
}

// run runs one command line and returns its exit code.
func run(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int {
	s := &streams{in: in, out: out, err: errs, now: time.Now}
	parser, err := kong.New(&commands{}, kong.Name("kiosk"), kong.Description(about), kong.UsageOnError(),
		kong.Vars{"version": version}, kong.Writers(out, errs), kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(s),
		kong.Exit(func(code int) { panic(exit(code)) }))
	if err != nil {
		fmt.Fprintln(errs, "kiosk:", err)
		return exitUsage
	}
	return exits(func() int {
		k, err := parser.Parse(args)
		if err != nil {
			fmt.Fprintln(errs, "kiosk:", err)
			fmt.Fprintln(errs, "hint: kiosk --help says everything")
			return exitUsage
		}
		return report(errs, startAgain(k.Run()))
	})
}

// exit carries the exit code of --help and --version out of the parser.
type exit int

func exits(f func() int) (code int) {
	defer func() {
		switch v := recover().(type) {
		case nil:
		case exit:
			code = int(v)
		default:
			panic(v)
		}
	}()
	return f()
}

// errSome says that everything there is to say stands on stderr already.
var errSome = errors.New("")

// usageError is a wrong command line or config that parsing cannot see.
type usageError struct{ error }

// report says what went wrong and what to do, and picks the exit code.
func report(errs io.Writer, err error) int {
	if err == nil {
		return exitOK
	}
	if errors.Is(err, errSome) {
		return exitFailed
	}
	fmt.Fprintln(errs, "kiosk:", err)
	hint, code := "", exitFailed
	var usage usageError
	switch {
	case errors.As(err, &usage):
		code = exitUsage
	case errors.Is(err, enrol.ErrNotEnrolled), errors.Is(err, queue.ErrNotEnrolled):
		hint, code = "get a code from the hub (hub kiosk add), then run kiosk enrol --data DIR --hub URL --code CODE; or kiosk setup --data DIR, on the screen", exitSetup
	case errors.Is(err, queue.ErrNewer):
		hint, code = "install the version that wrote this queue, or a later one", exitSetup
	case errors.Is(err, queue.ErrUnsafe), errors.Is(err, queue.ErrEnrolled), errors.Is(err, enrol.ErrPermission), errors.Is(err, errInUse), errors.Is(err, errCarrying):
		code = exitSetup
	case errors.Is(err, queue.ErrOpen):
		hint, code = "stop the window and kiosk upload, and try again", exitSetup
	case errors.Is(err, queue.ErrDisk):
		hint, code = "stop the window and run kiosk check --salvage --data DIR; nothing is deleted by it", exitDisk
	case errors.Is(err, visit.ErrNotSaved):
		hint, code = "nothing of that draft was kept; check the disk and file it again", exitDisk
	case errors.Is(err, queue.ErrNoReceipt):
		hint = "receipts can be written for 15 minutes after filing"
	}
	if hint != "" {
		fmt.Fprintln(errs, "hint:", hint)
	}
	return code
}
