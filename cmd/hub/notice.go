package main

import (
	"bufio"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"strings"
	"time"

	"loket/assets"
	"loket/hub"
	"loket/hub/notice"
	"loket/kiosk/words"
	"loket/store/casebook"
)

// smtpPassword is the environment variable with the password of the mail
// server. A flag would show it to everybody on the machine.
const smtpPassword = "LOKET_SMTP_PASSWORD"

// smtpFlags say how mails go out.
type smtpFlags struct {
	SMTP             string `name:"smtp" placeholder:"HOST:PORT" env:"LOKET_SMTP" help:"Mail server for notices: port 465 with TLS, others with STARTTLS; plain only on this machine. Without it nobody gets mail. ($$LOKET_SMTP)"`
	SMTPUser         string `name:"smtp-user" placeholder:"NAME" env:"LOKET_SMTP_USER" help:"Name to log in there with; the password is in $$LOKET_SMTP_PASSWORD or in --smtp-password-file. ($$LOKET_SMTP_USER)"`
	SMTPPasswordFile string `name:"smtp-password-file" type:"path" placeholder:"FILE" env:"LOKET_SMTP_PASSWORD_FILE" help:"File with the password in its first line. ($$LOKET_SMTP_PASSWORD_FILE)"`
	SMTPFrom         string `name:"smtp-from" placeholder:"ADDRESS" env:"LOKET_SMTP_FROM" help:"Sender of notices. ($$LOKET_SMTP_FROM)"`
	SMTPCA           string `name:"smtp-ca" type:"path" placeholder:"FILE" env:"LOKET_SMTP_CA" help:"Authorities to trust instead of the system's, PEM. ($$LOKET_SMTP_CA)"`
}

// mailer is the mail server that the flags name, or nil.
func (f *smtpFlags) mailer(h *hub.Hub, texts *words.Catalogue) (hub.Mailer, error) {
	if f.SMTP == "" {
		if f.SMTPFrom != "" || f.SMTPUser != "" {
			return nil, usageError{errors.New("--smtp is missing: the mail server as host:port")}
		}
		return nil, nil
	}
	s := notice.SMTP{Server: f.SMTP, User: f.SMTPUser, Password: os.Getenv(smtpPassword), From: f.SMTPFrom}
	if f.SMTPPasswordFile != "" {
		b, err := os.ReadFile(f.SMTPPasswordFile)
		if err != nil {
			return nil, fmt.Errorf("password of the mail server: %w", err)
		}
		s.Password, _, _ = strings.Cut(string(b), "\n")
		s.Password = strings.TrimRight(s.Password, "\r")
	}
	if f.SMTPCA != "" {
		b, err := os.ReadFile(f.SMTPCA)
		if err != nil {
			return nil, fmt.Errorf("authorities of the mail server: %w", err)
		}
		if s.Roots = x509.NewCertPool(); !s.Roots.AppendCertsFromPEM(b) {
			return nil, usageError{fmt.Errorf("%s holds no certificate", f.SMTPCA)}
		}
	}
	m, err := notice.NewMail(s, h, texts)
	if errors.Is(err, notice.ErrSMTP) {
		return nil, usageError{err}
	}
	if err != nil {
		return nil, err
	}
	return m, nil
}

type mailTestCommand struct {
	dataFlag
	smtpFlags
	Address string `arg:"" help:"Where to send it."`
}

// Run sends one mail, past the outbox.
func (c *mailTestCommand) Run(ctx context.Context, s *streams) error {
	texts, err := words.Load(assets.Files)
	if err != nil {
		return err
	}
	return with(ctx, s, c.dataFlag, func(h *hub.Hub, _ *casebook.Casebook) error {
		m, err := c.mailer(h, texts)
		if err != nil {
			return err
		}
		if m == nil {
			return usageError{errors.New("--smtp is missing: the mail server as host:port")}
		}
		if err := m.Test(ctx, fmt.Sprintf("test_%d", h.Now().UnixNano()), c.Address); err != nil {
			return explained(texts, err)
		}
		_, err = fmt.Fprintf(s.out, "%s took it\n", c.SMTP)
		return err
	})
}

// explained is a failure in the words of the desk's page.
func explained(texts *words.Catalogue, err error) error {
	var f *hub.Failure
	if errors.As(err, &f) {
		return errors.New(texts.In("en").T("failure."+f.Why, "detail", f.Detail))
	}
	return err
}

type officerEmailCommand struct {
	dataFlag
	Name    string `arg:"" help:"Name the officer logs in with."`
	Address string `arg:"" optional:"" help:"Where notices go; nowhere if left away."`
}

// Run changes the address.
func (c *officerEmailCommand) Run(ctx context.Context, s *streams) error {
	return with(ctx, s, c.dataFlag, func(h *hub.Hub, _ *casebook.Casebook) error { return setEmail(ctx, h, c.Name, c.Address) })
}

func setEmail(ctx context.Context, h *hub.Hub, officer, address string) error {
	err := h.SetEmail(ctx, officer, address)
	switch {
	case errors.Is(err, hub.ErrAddress):
		return usageError{fmt.Errorf("%q is no e-mail address", address)}
	case errors.Is(err, hub.ErrNotFound):
		return fmt.Errorf("there is no officer %q", officer)
	}
	return err
}

type webhookAddCommand struct {
	dataFlag
	URL          string   `required:"" help:"Where to: https://…"`
	Events       []string `required:"" enum:"case.received,case.status,case.answered,case.forwarded,case.overdue" help:"Of what, separated by commas: case.received, case.status, case.answered, case.forwarded, case.overdue."`
	Office       string   `help:"Only cases of this office and those below it."`
	SecretStdin  bool     `help:"Read the secret (whsec_ and base64) from standard input; otherwise one is made and printed."`
	AllowPrivate bool     `help:"It may lead into the inner network, or to this machine over http://."`
}

// Run adds a webhook and prints its id, and the secret that was made.
func (c *webhookAddCommand) Run(ctx context.Context, s *streams) error {
	given := ""
	if c.SecretStdin {
		line, err := bufio.NewReader(io.LimitReader(s.in, 4096)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if given = strings.TrimSpace(line); given == "" {
			return usageError{hub.ErrSecret}
		}
	}
	by := "command"
	if u, err := user.Current(); err == nil {
		by = u.Username
	}
	return with(ctx, s, c.dataFlag, func(h *hub.Hub, _ *casebook.Casebook) error {
		w, secret, err := h.AddWebhook(ctx, hub.Webhook{URL: c.URL, Events: c.Events, Office: c.Office, AllowPrivate: c.AllowPrivate, AddedBy: by}, given)
		switch {
		case errors.Is(err, hub.ErrURL), errors.Is(err, hub.ErrEvent), errors.Is(err, hub.ErrSecret):
			return usageError{err}
		case errors.Is(err, hub.ErrUnit):
			return usageError{fmt.Errorf("there is no office %q; hub office list shows them", c.Office)}
		case err != nil:
			return err
		}
		fmt.Fprintln(s.out, w.ID)
		if given == "" {
			fmt.Fprintln(s.out, secret)
			fmt.Fprintln(s.err, "hint: the second line is the secret; it is not shown again")
		}
		return nil
	})
}

type webhookListCommand struct {
	dataFlag
	jsonFlag
}

// Run lists the webhooks, without their secrets.
func (c *webhookListCommand) Run(ctx context.Context, s *streams) error {
	return with(ctx, s, c.dataFlag, func(h *hub.Hub, _ *casebook.Casebook) error {
		all, err := h.Store.Webhooks(ctx)
		if err != nil {
			return err
		}
		type webhook struct {
			ID           string     `json:"id"`
			URL          string     `json:"url"`
			Events       []string   `json:"events"`
			Office       string     `json:"office"`
			AllowPrivate bool       `json:"allow_private"`
			FailingSince *time.Time `json:"failing_since"`
			DisabledAt   *time.Time `json:"disabled_at"`
			DisabledWhy  string     `json:"disabled_why"`
		}
		maybe := func(t time.Time) *time.Time {
			if t.IsZero() {
				return nil
			}
			return &t
		}
		list := []webhook{}
		for _, w := range all {
			list = append(list, webhook{w.ID, w.URL, w.Events, w.Office, w.AllowPrivate, maybe(w.FailingSince), maybe(w.DisabledAt), w.DisabledWhy})
		}
		if c.JSON {
			return writeJSON(s.out, list)
		}
		for _, w := range list {
			state := "on"
			switch {
			case w.DisabledAt != nil:
				state = "disabled: " + w.DisabledWhy
			case w.FailingSince != nil:
				state = "failing since " + w.FailingSince.Local().Format(time.RFC1123)
			}
			fmt.Fprintf(s.out, "%s %-10s %s %s (%s)\n", w.ID, w.Office, w.URL, strings.Join(w.Events, ","), state)
		}
		return nil
	})
}

// administrator is who a command acts as: whoever can read the keys.
var administrator = hub.Officer{Role: hub.Administrator}

type webhookRemoveCommand struct {
	dataFlag
	ID string `arg:"" help:"Id of the webhook (hub webhook list)."`
}

// Run removes a webhook.
func (c *webhookRemoveCommand) Run(ctx context.Context, s *streams) error {
	return with(ctx, s, c.dataFlag, func(h *hub.Hub, _ *casebook.Casebook) error {
		return noWebhook(h.RemoveWebhook(ctx, administrator, c.ID), c.ID)
	})
}

func noWebhook(err error, id string) error {
	if errors.Is(err, hub.ErrNotFound) {
		return fmt.Errorf("there is no webhook %q; hub webhook list shows them", id)
	}
	return err
}

type webhookTestCommand struct {
	dataFlag
	ID string `arg:"" help:"Id of the webhook (hub webhook list)."`
}

// Run sends one message, past the outbox.
func (c *webhookTestCommand) Run(ctx context.Context, s *streams) error {
	texts, err := words.Load(assets.Files)
	if err != nil {
		return err
	}
	return with(ctx, s, c.dataFlag, func(h *hub.Hub, _ *casebook.Casebook) error {
		w, err := h.Store.Webhook(ctx, c.ID)
		if err != nil {
			return noWebhook(err, c.ID)
		}
		secret, err := h.Keys.Secret(w)
		if err != nil {
			return err
		}
		n, err := h.TestNotice(w)
		if err != nil {
			return err
		}
		if err := notice.NewHooks(version, true, nil, h.Now).Post(ctx, n.ID, w, secret, []byte(n.Body)); err != nil {
			return explained(texts, err)
		}
		_, err = fmt.Fprintf(s.out, "%s took it\n", w.Host())
		return err
	})
}
