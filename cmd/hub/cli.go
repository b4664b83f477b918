package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"loket/assets"
	"loket/hub"
	"loket/kiosk"
	"loket/kiosk/form"
	"loket/kiosk/published"
	"loket/kiosk/track"
	"loket/store/casebook"
)

// Exit codes: what a script can decide on.
const (
	exitFailed = 1
	exitUsage  = 2
)

const about = `Loket's hub: takes reports in from kiosks, opens cases, shows officers their
desk under /desk and visitors their tracking page under /t.

Every command works beside a running serve. Exit codes: 0 done; 1 failed, with
the reason, and for doctor: something must be mended; 2 wrong command line.`

type commands struct {
	Serve  serveCommand `cmd:"" help:"Serve kiosks, visitors and officers."`
	Office struct {
		List officeListCommand `cmd:"" help:"List the offices of the catalogue."`
	} `cmd:"" help:"Offices."`
	Kiosk struct {
		Add     kioskAddCommand     `cmd:"" help:"Print a one-time code (30 minutes) that enrols a kiosk for an office."`
		List    kioskListCommand    `cmd:"" help:"List the kiosks."`
		Suspend kioskSuspendCommand `cmd:"" help:"Stop a kiosk for now: what it still sends waits in quarantine."`
		Revoke  kioskRevokeCommand  `cmd:"" help:"Stop a kiosk that was stolen or broken into: what it still sends waits in quarantine."`
		Restore kioskRestoreCommand `cmd:"" help:"Let a stopped kiosk take reports again."`
		Release kioskReleaseCommand `cmd:"" help:"Open what a kiosk has in quarantine and that is sound."`
	} `cmd:"" help:"Kiosks."`
	Receptionist struct {
		Add    receptionistAddCommand    `cmd:"" help:"Give somebody a PIN for the receptionist's part of an office's kiosks; prints it, once."`
		List   receptionistListCommand   `cmd:"" help:"List the receptionists."`
		Remove receptionistRemoveCommand `cmd:"" help:"End somebody's PIN."`
	} `cmd:"" help:"People who help visitors at the kiosks."`
	Alarms  alarmsCommand `cmd:"" help:"List what is wrong with kiosks: missing reports, copied disks, lost databases, quarantine."`
	Officer struct {
		Add         officerAddCommand      `cmd:"" help:"Let an officer in."`
		Email       officerEmailCommand    `cmd:"" help:"Change where an officer gets notices."`
		Password    officerPasswordCommand `cmd:"" help:"Give an officer another password and end their sessions."`
		EndSessions officerSessionsCommand `cmd:"" help:"End every session of an officer."`
		ResetFactor officerFactorCommand   `cmd:"" help:"Turn the second factor off for an officer who lost telephone and recovery codes."`
	} `cmd:"" help:"Officers."`
	Keys struct {
		Init   keysInitCommand   `cmd:"" help:"Make the keys of a new hub, and move the root key to a stick."`
		Rotate keysRotateCommand `cmd:"" help:"Make another key that reports are sealed for; those before still open what was sealed."`
		Show   keysShowCommand   `cmd:"" help:"Show what kiosks have pinned and what they seal for."`
	} `cmd:"" help:"Keys: docs/keys.md."`
	Envelope envelopeCommand `cmd:"" help:"Write a sealed report as it came, to be opened with the program age: docs/keys.md."`
	Doctor   doctorCommand   `cmd:"" help:"Look over this machine: say what is well, what is wrong and how to mend it."`
	Audit    struct {
		Verify auditVerifyCommand `cmd:"" help:"Walk the audit log and say whether it is whole; prints the number of entries and the hash of the last."`
		Show   auditShowCommand   `cmd:"" help:"List the newest entries."`
	} `cmd:"" help:"Who did what."`
	Client struct {
		Add    clientAddCommand    `cmd:"" help:"Let a program file reports through Open311; prints its key, once."`
		List   clientListCommand   `cmd:"" help:"List the programs that may file reports."`
		Revoke clientRevokeCommand `cmd:"" help:"End a program's right at once."`
	} `cmd:"" help:"Programs that file reports through Open311."`
	Case struct {
		List caseListCommand `cmd:"" help:"List the cases."`
		Show caseShowCommand `cmd:"" help:"Show one case."`
	} `cmd:"" help:"Cases."`
	Lapor struct {
		List   laporListCommand   `cmd:"" help:"List the reports that belong to LAPOR! and how their hand-over stands."`
		Export laporExportCommand `cmd:"" help:"Hand the waiting reports over to an exchange folder, each once."`
		Import laporImportCommand `cmd:"" help:"Take what LAPOR! said from a CSV file with the columns nomor and lapor_id, and perhaps ditolak."`
		Health laporHealthCommand `cmd:"" help:"Say whether an exchange folder can be used."`
		Recap  laporRecapCommand  `cmd:"" help:"Recount a year's complaints and suggestions: how they stand, and which terms were kept."`
	} `cmd:"" help:"Feeding LAPOR!, which every agency must use."`
	Holiday struct {
		Add  holidayAddCommand  `cmd:"" help:"Take up a holiday announced late, or a day on which an office is closed: open deadlines are counted anew."`
		List holidayListCommand `cmd:"" help:"List what was added."`
	} `cmd:"" help:"Holidays beside those that this version knows."`
	Statistics struct {
		Rebuild statisticsRebuildCommand `cmd:"" help:"Count every case anew, say how many lines of the summaries differed and put them right; fails if any did. Safe beside a running serve."`
	} `cmd:"" help:"The summaries that figures are read from."`
	Insight insightCommand `cmd:"" help:"Write what to improve in a month as one page of PDF."`
	Report  reportCommand  `cmd:"" help:"Write the yearly report of public information service, from the registers, ready to sign."`
	Demo    demoCommand    `cmd:"" help:"Fill a new folder with a year of a ministry that does not exist, to show and to try things."`
	Mail    struct {
		Test mailTestCommand `cmd:"" help:"Send a test message at once, and say what the server answered."`
	} `cmd:"" help:"Notices by e-mail."`
	Webhook struct {
		Add    webhookAddCommand    `cmd:"" help:"Tell a program of cases: docs/webhooks.md says what it gets."`
		List   webhookListCommand   `cmd:"" help:"List the webhooks."`
		Remove webhookRemoveCommand `cmd:"" help:"Remove a webhook and its secret."`
		Test   webhookTestCommand   `cmd:"" help:"Send a test message at once, and say what came back."`
	} `cmd:"" help:"Webhooks."`
	Catalogue catalogueCommands `cmd:"" help:"What kiosks use in place of what is embedded: offices, services, forms, words, holidays."`
	Published publishedCommands `cmd:"" help:"Information that is public already."`
	Import    importCommand     `cmd:"" help:"Take reports in from sticks that kiosks exported, and put what the hub signs for them onto the stick: docs/stick.md."`
	Backup    backupCommand     `cmd:"" help:"Write a checked copy of the database; kiosks may then purge what it holds. The keys folder is to be kept apart."`
	Restore   restoreCommand    `cmd:"" help:"Put a backup in the place of the database; kiosks send again what it lacks. Stop serve before."`
	Migrate   migrateCommand    `cmd:"" help:"Move the database of the folder into PostgreSQL, where one machine is not enough: docs/scale.md. Stop serve before."`
	Version   kong.VersionFlag  `help:"Print the version."`
}

// keysFolder is where the keys are in the data folder.
const keysFolder = "keys"

type dataFlag struct {
	Data     string `required:"" type:"path" placeholder:"DIR" env:"LOKET_HUB_DATA" help:"Folder with the database and the keys ($$LOKET_HUB_DATA; on Windows %ProgramData%\\LoketHub if neither is given)."`
	Database string `placeholder:"URL" env:"LOKET_HUB_DATABASE" help:"A PostgreSQL database in place of the one in the folder, such as postgres://loket@db.example.go.id/loket: docs/scale.md. A password is seen by whoever lists processes: give the URL as $$LOKET_HUB_DATABASE, or the password in ~/.pgpass."`
}

// open opens the casebook.
func (d dataFlag) open(ctx context.Context) (*casebook.Casebook, error) {
	if d.Database != "" {
		return casebook.OpenPostgres(ctx, d.Database)
	}
	return casebook.Open(ctx, d.Data)
}

type jsonFlag struct {
	JSON bool `help:"As JSON."`
}

type streams struct {
	in       io.Reader
	out, err io.Writer
	now      func() time.Time
	command  string // of this run, without flags and arguments
	object   string // what it is about, for the audit log
}

type usageError struct{ error }

// run runs one command line and returns its exit code.
func run(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) (code int) {
	s := &streams{in: in, out: out, err: errs, now: time.Now}
	type exit int
	parser, err := kong.New(&commands{}, kong.Name("hub"), kong.Description(about),
		kong.Vars{"version": version}, kong.Writers(out, errs), kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(s),
		kong.Exit(func(code int) { panic(exit(code)) }))
	if err != nil {
		fmt.Fprintln(errs, "hub:", err)
		return exitUsage
	}
	defer func() { // --help and --version leave the parser by panic
		if v := recover(); v != nil {
			e, ok := v.(exit)
			if !ok {
				panic(v)
			}
			code = int(e)
		}
	}()
	k, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintln(errs, "hub:", err)
		fmt.Fprintln(errs, "hint: hub --help says everything")
		return exitUsage
	}
	s.command = plain(k.Command())
	err = k.Run()
	if err == nil {
		return 0
	}
	fmt.Fprintln(errs, "hub:", err)
	var usage usageError
	if errors.As(err, &usage) {
		return exitUsage
	}
	for _, h := range hints {
		if errors.Is(err, h.err) {
			fmt.Fprintln(errs, "hint:", h.next)
		}
	}
	return exitFailed
}

// hints are what to do about errors that any command may meet.
var hints = []struct {
	err  error
	next string
}{
	{casebook.ErrNewer, "install the version that wrote this database, or a later one"},
	{casebook.ErrMoved, "give its URL: --database, or $LOKET_HUB_DATABASE"},
	{casebook.ErrMoving, "run hub migrate again: it goes on where it was cut off"},
	{casebook.ErrReplaced, "back up again"},
	{casebook.ErrDatabase, "it looks like postgres://loket@db.example.go.id/loket"},
	{casebook.ErrUnsafe, "set fsync, full_page_writes and synchronous_commit on in postgresql.conf: what is acknowledged must be on disk"},
}

// openHub opens the hub kept there. Only serve knows a public URL, and what
// to take otherwise: see [hub.OpenKeys].
func openHub(ctx context.Context, s *streams, data dataFlag, publicURL, otherwise string, log *slog.Logger) (*hub.Hub, *casebook.Casebook, error) {
	book, err := data.open(ctx)
	if err != nil {
		return nil, nil, err
	}
	h, err := hubWith(ctx, s, book, data.Data, publicURL, otherwise, log)
	if err != nil {
		return nil, nil, errors.Join(err, book.Close())
	}
	return h, book, nil
}

// hubWith ties a hub to a casebook, with the keys, and if there are any the
// offices and services, of its folder.
func hubWith(ctx context.Context, s *streams, book *casebook.Casebook, dir, publicURL, otherwise string, log *slog.Logger) (*hub.Hub, error) {
	data, err := hub.LoadData(ctx, book, assets.In(dir))
	if errors.Is(err, hub.ErrUnusable) {
		log.Error("what is embedded is used in its place; mend it on the desk", "err", err)
	} else if err != nil {
		return nil, err
	}
	vocabulary, err := published.Load(assets.Files)
	if err != nil {
		return nil, err
	}
	keys, err := hub.OpenKeys(filepath.Join(dir, keysFolder), publicURL, otherwise)
	if err != nil {
		return nil, err
	}
	h := hub.New(book, keys, data, s.now, log)
	h.Vocabulary = vocabulary
	return h, h.LoadHolidays(ctx)
}

// with opens the hub for one command.
func with(ctx context.Context, s *streams, data dataFlag, f func(*hub.Hub, *casebook.Casebook) error) error {
	h, book, err := openHub(ctx, s, data, "", "", slog.New(slog.NewTextHandler(s.err, nil)))
	if err != nil {
		return err
	}
	err = f(h, book)
	if err == nil && !looks[s.command[strings.LastIndexByte(s.command, ' ')+1:]] {
		err = h.Audit(ctx, "command:"+systemUser(), s.command, s.object, "")
	}
	return errors.Join(err, book.Close())
}

// looks are the commands, by their last word, that change nothing; all others stand
// in the audit log.
var looks = map[string]bool{"list": true, "show": true, "verify": true, "alarms": true, "recap": true, "health": true, "insight": true, "report": true, "test": true, "demo": true}

// plain is a command without the names of its arguments.
func plain(command string) string {
	var words []string
	for _, w := range strings.Fields(command) {
		if !strings.HasPrefix(w, "<") {
			words = append(words, w)
		}
	}
	return strings.Join(words, " ")
}

// systemUser is who runs the command.
func systemUser() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "?"
}

type officeListCommand struct {
	dataFlag
	jsonFlag
}

// Run lists the offices.
func (c *officeListCommand) Run(s *streams) error {
	catalogue, err := form.Load(assets.In(c.Data))
	if err != nil {
		return err
	}
	if c.JSON {
		type office struct {
			ID     string `json:"id"`
			Name   string `json:"name"`
			NameEN string `json:"name_en"`
			City   string `json:"city"`
			Zone   string `json:"zone"`
			Parent string `json:"parent"`
		}
		all := []office{}
		for _, o := range catalogue.Offices {
			all = append(all, office{o.ID, o.Name.In(kiosk.Indonesian), o.Name.In(kiosk.English), o.City, o.Zone, o.Parent})
		}
		return writeJSON(s.out, all)
	}
	for _, o := range catalogue.Offices {
		fmt.Fprintf(s.out, "%-10s %s, %s (%s)\n", o.ID, o.Name.In(kiosk.Indonesian), o.City, o.Zone)
	}
	return nil
}

type kioskAddCommand struct {
	dataFlag
	Office string `required:"" help:"Id of the office the kiosk stands in (hub office list)."`
}

// Run prints the code alone.
func (c *kioskAddCommand) Run(ctx context.Context, s *streams) error {
	return with(ctx, s, c.dataFlag, func(h *hub.Hub, _ *casebook.Casebook) error {
		code, err := h.AddKiosk(ctx, c.Office)
		if errors.Is(err, hub.ErrNotFound) {
			return usageError{fmt.Errorf("there is no office %q; hub office list shows them", c.Office)}
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(s.out, "%s-%s-%s\n", code[:5], code[5:10], code[10:])
		return err
	})
}

type kioskListCommand struct {
	dataFlag
	jsonFlag
}

// Run lists the kiosks.
func (c *kioskListCommand) Run(ctx context.Context, s *streams) error {
	return with(ctx, s, c.dataFlag, func(h *hub.Hub, _ *casebook.Casebook) error {
		all, err := h.Store.Kiosks(ctx)
		if err != nil {
			return err
		}
		if c.JSON {
			return writeJSON(s.out, all)
		}
		for _, k := range all {
			seen := "not enrolled"
			if k.EnrolledAt != nil {
				seen = "enrolled, never heard from"
			}
			if k.LastSeen != nil {
				seen = "last heard from " + k.LastSeen.Local().Format(time.RFC1123)
			}
			fmt.Fprintf(s.out, "%s %-10s %s\n", k.ID, k.Office, seen)
		}
		return nil
	})
}

type officerAddCommand struct {
	dataFlag
	Name          string `required:"" help:"Name to log in with."`
	Role          string `default:"administrator" enum:"administrator,verifier,unit,ppid,ppid_superior,supervisor,auditor,fleet" help:"What they may see and do: administrator (everything), verifier and unit (complaints and suggestions), ppid (requests for information), ppid_superior (objections), supervisor and auditor (see everything, change nothing), fleet (kiosks)."`
	Office        string `help:"Their office, with those below it; all if left away."`
	Email         string `placeholder:"ADDRESS" help:"Where notices for them go; nowhere if left away."`
	PasswordStdin bool   `required:"" help:"Read the password, one line of at least 12 characters, from standard input."`
}

// Run adds an officer.
func (c *officerAddCommand) Run(ctx context.Context, s *streams) error {
	line, err := bufio.NewReader(io.LimitReader(s.in, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if c.Email != "" && !hub.ValidAddress(c.Email) {
		return usageError{fmt.Errorf("%q is no e-mail address", c.Email)}
	}
	return with(ctx, s, c.dataFlag, func(h *hub.Hub, _ *casebook.Casebook) error {
		err := h.AddOfficer(ctx, c.Name, strings.TrimRight(line, "\r\n"), hub.Role(c.Role), c.Office)
		if errors.Is(err, hub.ErrExists) {
			return fmt.Errorf("an officer named %q exists already", c.Name)
		}
		if err != nil || c.Email == "" {
			return err
		}
		return setEmail(ctx, h, c.Name, c.Email)
	})
}

// caseJSON is a case for programs.
type caseJSON struct {
	Number     string            `json:"number"`
	Form       string            `json:"form"`
	Version    int               `json:"version"`
	Language   kiosk.Language    `json:"language"`
	Identity   kiosk.Identity    `json:"identity"`
	Office     string            `json:"office"`
	FiledAt    time.Time         `json:"filed_at"`
	ReceivedAt time.Time         `json:"received_at"`
	Due        string            `json:"due"`
	Status     kiosk.Status      `json:"status"`
	Outcome    string            `json:"outcome"`
	Reason     string            `json:"reason"`
	Holder     string            `json:"holder"`
	Answer     string            `json:"answer"`
	Answers    map[string]string `json:"answers"`
	Helped     *kiosk.Helped     `json:"helped"` // null where the visitor wrote alone
}

// due is the date of the answer, empty while the office waits for the visitor.
func due(h *hub.Hub, c hub.Case) string {
	if r, ok := h.Answering(c); ok && !r.Paused {
		return r.Due.Format(time.DateOnly)
	}
	return ""
}

func forPrograms(h *hub.Hub, c hub.Case) caseJSON {
	return caseJSON{string(c.Number), c.Form.Name, c.Form.Version, c.Language, c.Identity, c.Office, c.FiledAt, c.ReceivedAt,
		due(h, c), c.Status, c.Outcome, c.Reason, c.Holder, c.Answer, c.Answers, c.Helped}
}

type caseListCommand struct {
	dataFlag
	jsonFlag
}

// Run lists the cases, oldest first.
func (c *caseListCommand) Run(ctx context.Context, s *streams) error {
	return with(ctx, s, c.dataFlag, func(h *hub.Hub, _ *casebook.Casebook) error {
		cases, err := h.Store.Cases(ctx, "")
		if err != nil {
			return err
		}
		if c.JSON {
			all := []caseJSON{}
			for _, x := range cases {
				all = append(all, forPrograms(h, x))
			}
			return writeJSON(s.out, all)
		}
		for _, x := range cases {
			fmt.Fprintf(s.out, "%s  %-12s %-12s due %s\n", string(x.Number), x.Form.Name, x.Status, due(h, x))
		}
		return nil
	})
}

type caseShowCommand struct {
	dataFlag
	jsonFlag
	Number string `arg:"" help:"Number of the report."`
}

// Run shows one case.
func (c *caseShowCommand) Run(ctx context.Context, s *streams) error {
	n, err := track.ParseNumber(c.Number)
	if err != nil {
		return usageError{fmt.Errorf("%q is no report number: %w", c.Number, err)}
	}
	return with(ctx, s, c.dataFlag, func(h *hub.Hub, _ *casebook.Casebook) error {
		x, err := h.Store.Case(ctx, n)
		if errors.Is(err, hub.ErrNotFound) {
			return fmt.Errorf("there is no case %s", n)
		}
		if err != nil {
			return err
		}
		if !c.JSON {
			fmt.Fprintf(s.out, "%s %s, %s\n", x.Number, x.Form.Name, x.Status)
		}
		return writeJSON(s.out, forPrograms(h, x))
	})
}

type backupCommand struct {
	dataFlag
	File string `arg:"" type:"path" help:"New file for the copy."`
}

// Run writes a backup.
func (c *backupCommand) Run(ctx context.Context, s *streams) error {
	return with(ctx, s, c.dataFlag, func(_ *hub.Hub, book *casebook.Casebook) error {
		upTo, err := book.Backup(ctx, c.File, s.now())
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(s.out, "%s holds every envelope up to %d\n", c.File, upTo)
		return err
	})
}

type restoreCommand struct {
	dataFlag
	File string `arg:"" type:"existingfile" help:"Copy that hub backup wrote."`
}

// Run restores a backup.
func (c *restoreCommand) Run(ctx context.Context, s *streams) error {
	var envelopes int64
	var aside string
	var err error
	if c.Database != "" {
		envelopes, err = casebook.RestorePostgres(ctx, c.Database, c.File)
	} else {
		envelopes, aside, err = casebook.Restore(ctx, c.Data, c.File)
	}
	switch {
	case errors.Is(err, casebook.ErrOccupied):
		return errors.New("the database is not empty, and nothing in it was changed: make a new one with createdb, and restore into that")
	case errors.Is(err, casebook.ErrInUse):
		return errors.New("a program is using the database: stop hub serve, then restore again; nothing was changed")
	case errors.Is(err, casebook.ErrCopy):
		return fmt.Errorf("%s cannot be used; nothing was changed, try an older backup: %w", c.File, err)
	case err != nil:
		return err
	}
	if aside != "" {
		fmt.Fprintf(s.out, "what was there is kept as %s\n", aside)
	}
	if _, err := os.Stat(filepath.Join(c.Data, keysFolder, "recipient.key")); err != nil {
		fmt.Fprintf(s.err, "hub: the keys are not in %s: put them back before serve, or it makes new ones that open nothing of this\n", filepath.Join(c.Data, keysFolder))
	}
	_, err = fmt.Fprintf(s.out, "%d envelopes restored; kiosks send again what is missing, within a minute of reaching this hub\n", envelopes)
	return err
}

func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
