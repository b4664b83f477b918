package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"loket/kiosk/disk"
)

// This file changes kiosk.toml as a careful person would: only the lines of what was
// chosen. Comments, order and every other setting stay as somebody wrote them.

// errByHand says that kiosk.toml is written in a way that is changed by hand alone.
var errByHand = errors.New("kiosk.toml is written in a way that only a person can change")

// changeSettings changes kiosk.toml in dir, whole or not at all. Only the settings
// named may come out different, such as screen.width_mm or printer.
func changeSettings(dir string, change func(text string) (string, error), names ...string) error {
	path := filepath.Join(dir, "kiosk.toml")
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real // it may lie in /etc
	}
	b, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	before := string(b)
	if before == "" {
		before = "# What differs from the usual settings; kiosk config explains each.\n"
	}
	after, err := change(before)
	if err != nil {
		return err
	}
	was, err := besides(before, names)
	if err != nil {
		return err
	}
	is, err := besides(after, names)
	if err != nil || !reflect.DeepEqual(was, is) {
		return errors.Join(errByHand, err)
	}
	return disk.Write(path, []byte(after))
}

// besides is what a text sets beside the settings named.
func besides(text string, names []string) (map[string]any, error) {
	var all map[string]any
	if _, err := toml.Decode(text, &all); err != nil {
		return nil, err
	}
	for _, name := range names {
		table, key, within := strings.Cut(name, ".")
		if in, ok := all[table].(map[string]any); ok && within {
			if delete(in, key); len(in) > 0 {
				continue
			}
		}
		delete(all, table)
	}
	return all, nil
}

// statement is a header or a setting, and the lines it stands on, from … to-1.
type statement struct {
	header, array bool
	path          string // screen.width_mm, or the header's name
	from, to      int
}

// statements finds what stands in a text. A statement is the fewest lines that can be
// read by themselves: so it may go over several, and nothing within one is taken for
// another.
func statements(lines []string) (all []statement, err error) {
	table := ""
	for i := 0; i < len(lines); {
		first := strings.TrimSpace(lines[i])
		if first == "" || first[0] == '#' {
			i++
			continue
		}
		s := statement{header: first[0] == '[', array: strings.HasPrefix(first, "[["), from: i, to: i + 1}
		var meta toml.MetaData
		for {
			var v map[string]any
			if meta, err = toml.Decode(strings.Join(lines[s.from:s.to], ""), &v); err == nil {
				break
			}
			if s.to++; s.to > len(lines) {
				return nil, errors.Join(errByHand, err)
			}
		}
		s.path = meta.Keys()[0].String()
		if s.header {
			table = s.path
		} else if table != "" {
			s.path = table + "." + s.path
		}
		all = append(all, s)
		i = s.to
	}
	return all, nil
}

// withSetting gives a setting, such as screen.width_mm, a value that is written as
// TOML, in its place.
func withSetting(text, name, value string) (string, error) {
	lines := strings.SplitAfter(text, "\n")
	all, err := statements(lines)
	if err != nil {
		return "", err
	}
	table, key, _ := strings.Cut(name, ".")
	end := -1 // where the table has room for one more
	for _, s := range all {
		switch {
		case !s.header && s.path == name:
			lines = slices.Replace(lines, s.from, s.to, valued(strings.Join(lines[s.from:s.to], ""), value))
			return strings.Join(lines, ""), nil
		case s.header && !s.array && s.path == table, end >= 0 && !s.header && strings.HasPrefix(s.path, table+"."):
			end = s.to
		}
	}
	return insert(lines, end, map[bool]string{true: "", false: "[" + table + "]\n"}[end >= 0]+key+" = "+value+"\n"), nil
}

// insert puts text before line at, or at the end, after an empty line, where at is
// below 0.
func insert(lines []string, at int, text string) string {
	if at >= 0 {
		if at > 0 && !strings.HasSuffix(lines[at-1], "\n") {
			lines[at-1] += "\n"
		}
		return strings.Join(slices.Insert(lines, at, text), "")
	}
	before := strings.Join(lines, "")
	if before != "" && !strings.HasSuffix(before, "\n") {
		before += "\n"
	}
	return before + "\n" + text
}

// valued is a setting with another value; what was said behind the old one stays.
func valued(setting, value string) string {
	name, old, _ := strings.Cut(setting, "=")
	var want, got map[string]any
	if _, err := toml.Decode("x ="+old, &want); err != nil {
		return setting
	}
	end := len(old)
	for i, c := range old {
		if c != '#' {
			continue
		}
		clear(got)
		if _, err := toml.Decode("x ="+old[:i], &got); err == nil && reflect.DeepEqual(got, want) {
			end = i
			break
		}
	}
	return name + "= " + value + old[len(strings.TrimRight(old[:end], " \t\r\n")):]
}

// withPrinter makes the printer at an address the first that is tried, on its paper.
// The one that was first before is put aside as a comment, unless it is the same;
// those after it stay. No address puts all aside.
func withPrinter(text, name, address, paper string) (string, error) {
	lines := strings.SplitAfter(text, "\n")
	all, err := statements(lines)
	if err != nil {
		return "", err
	}
	type block struct {
		from, to int
		address  string
	}
	var blocks []block
	for i, s := range all {
		if !s.header || s.path != "printer" {
			continue
		}
		b := block{from: s.from, to: s.to}
		for _, t := range all[i+1:] {
			if t.header {
				break
			}
			b.to = t.to
		}
		var is struct{ Printer []printerConfig }
		if _, err := toml.Decode(strings.Join(lines[b.from:b.to], ""), &is); err != nil || len(is.Printer) != 1 {
			return "", errors.Join(errByHand, err)
		}
		b.address = is.Printer[0].Address
		blocks = append(blocks, b)
	}
	of := func(b block) []string { return slices.Clone(lines[b.from:b.to]) }
	fresh := "[[printer]]\n"
	if name != "" && name != address {
		fresh += fmt.Sprintf("name = %s\n", quoted(name))
	}
	fresh += fmt.Sprintf("address = %s\npaper = %s\n", quoted(address), quoted(paper))
	switch i := slices.IndexFunc(blocks, func(b block) bool { return b.address == address }); {
	case address == "":
		for _, b := range blocks {
			comment(lines[b.from:b.to])
		}
	case len(blocks) == 0:
		return insert(lines, -1, fresh), nil
	case i < 0:
		b := blocks[0]
		comment(lines[b.from:b.to])
		return insert(lines, b.to, fresh), nil
	default:
		first, chosen := blocks[0], blocks[i]
		moved, err := withPaper(of(chosen), paper)
		if err != nil {
			return "", err
		}
		if i > 0 {
			lines = slices.Replace(lines, chosen.from, chosen.to, of(first)...)
		}
		lines = slices.Replace(lines, first.from, first.to, moved)
	}
	return strings.Join(lines, ""), nil
}

// withPaper is a [[printer]] with another paper.
func withPaper(lines []string, paper string) (string, error) {
	all, err := statements(lines)
	if err != nil {
		return "", err
	}
	for _, s := range all {
		if s.path == "printer.paper" {
			lines = slices.Replace(lines, s.from, s.to, valued(strings.Join(lines[s.from:s.to], ""), quoted(paper)))
			return strings.Join(lines, ""), nil
		}
	}
	return insert(lines, len(lines), fmt.Sprintf("paper = %s\n", quoted(paper))), nil
}

// comment puts lines out of use, in place.
func comment(lines []string) {
	for i, line := range lines {
		if t := strings.TrimSpace(line); t != "" && t[0] != '#' {
			lines[i] = "# " + line
		}
	}
}

// quoted is a string as TOML writes it.
func quoted(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			b.WriteByte(' ')
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
