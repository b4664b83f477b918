package main

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"loket/hub"
	"loket/store/casebook"
)

type auditVerifyCommand struct {
	dataFlag
	Head string `placeholder:"HASH" help:"The hash that an earlier run printed: a log that was cut since lacks it."`
}

// Run says whether the log is whole. It ends with 1 for one that is not.
func (c *auditVerifyCommand) Run(ctx context.Context, s *streams) error {
	var known []byte
	if c.Head != "" {
		var err error
		if known, err = hex.DecodeString(c.Head); err != nil || len(known) != 32 {
			return usageError{errors.New("--head is 64 hexadecimal digits, as hub audit verify prints them")}
		}
	}
	return with(ctx, s, c.dataFlag, func(h *hub.Hub, _ *casebook.Casebook) error {
		entries, head, err := h.VerifyAudit(ctx, known)
		if err != nil {
			return err
		}
		fmt.Fprintf(s.out, "%d entries, each follows the one before\n%x\n", entries, head)
		return nil
	})
}

type auditShowCommand struct {
	dataFlag
	jsonFlag
	Most int `default:"100" help:"How many at most."`
}

// Run lists the newest entries, the newest first.
func (c *auditShowCommand) Run(ctx context.Context, s *streams) error {
	return with(ctx, s, c.dataFlag, func(h *hub.Hub, _ *casebook.Casebook) error {
		all, err := h.Store.LastAudited(ctx, c.Most)
		if err != nil {
			return err
		}
		if c.JSON {
			return writeJSON(s.out, all)
		}
		for _, e := range all {
			fmt.Fprintf(s.out, "%6d  %s  %-24s %s %s\n", e.N, e.At.UTC().Format(time.RFC3339), e.Actor, e.Act, e.Object)
		}
		return nil
	})
}

type officerArg struct {
	dataFlag
	Name string `arg:"" help:"The officer."`
}

// with runs f for the officer, who must be there.
func (c *officerArg) with(ctx context.Context, s *streams, f func(h *hub.Hub) error) error {
	s.object = c.Name
	return with(ctx, s, c.dataFlag, func(h *hub.Hub, _ *casebook.Casebook) error {
		if _, err := h.Store.Officer(ctx, c.Name); errors.Is(err, hub.ErrNotFound) {
			return usageError{fmt.Errorf("there is no officer %q", c.Name)}
		} else if err != nil {
			return err
		}
		return f(h)
	})
}

type officerPasswordCommand struct{ officerArg }

// Run reads the password from standard input.
func (c *officerPasswordCommand) Run(ctx context.Context, s *streams) error {
	line, err := bufio.NewReader(s.in).ReadString('\n')
	if err != nil && line == "" {
		return usageError{errors.New("give the new password on standard input")}
	}
	return c.with(ctx, s, func(h *hub.Hub) error {
		err := h.SetPassword(ctx, c.Name, strings.TrimRight(line, "\r\n"))
		if errors.Is(err, hub.ErrWeak) {
			return usageError{errors.New("a password has at least 12 letters")}
		}
		return err
	})
}

type officerSessionsCommand struct{ officerArg }

// Run ends the sessions.
func (c *officerSessionsCommand) Run(ctx context.Context, s *streams) error {
	return c.with(ctx, s, func(h *hub.Hub) error { return h.EndSessions(ctx, c.Name, "", "") })
}

type officerFactorCommand struct{ officerArg }

// Run turns the second factor off.
func (c *officerFactorCommand) Run(ctx context.Context, s *streams) error {
	return c.with(ctx, s, func(h *hub.Hub) error { return h.ResetFactor(ctx, c.Name) })
}
