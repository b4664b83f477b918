// Package manual reads the command lines that the manuals name, so that the tests of
// each program hold them against what it understands.
package manual

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"

	"github.com/alecthomas/kong"
)

// Line is a command line in a manual.
type Line struct {
	Where string   // file and line
	Args  []string // behind the program's name
	Whole bool     // it stands on a line of its own, to be run as it is
}

var (
	inline = regexp.MustCompile("`([^`]+)`")
	// incomplete is how kong says that something is missing, not wrong.
	incomplete = regexp.MustCompile(`^(missing flags:|missing positional arguments|expected )|got "EOL"`)
	nothing    = regexp.MustCompile(`^(…|\.\.\.|\[.*\])$`)
)

// Lines are the command lines of a program in the files that match the patterns: those
// in blocks of code, and those that a sentence names.
func Lines(program string, patterns ...string) (all []Line, err error) {
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			return nil, fmt.Errorf("%s: no such manual: %w", pattern, err)
		}
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			all = append(all, read(program, filepath.Base(file), string(b))...)
		}
	}
	return all, nil
}

func read(program, file, text string) (all []Line) {
	fenced := false
	for i, line := range strings.Split(text, "\n") {
		where := fmt.Sprintf("%s:%d", file, i+1)
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			fenced = !fenced
			continue
		}
		if fenced || strings.HasPrefix(line, "    ") {
			for _, args := range commands(program, line) {
				all = append(all, Line{where, args, true})
			}
			continue
		}
		for _, m := range inline.FindAllStringSubmatch(line, -1) {
			for _, args := range commands(program, m[1]) {
				all = append(all, Line{where, args, false})
			}
		}
	}
	return all
}

// commands are what a line of shell runs of a program.
func commands(program, line string) (all [][]string) {
	args, at := []string(nil), false
	end := func() {
		if at && len(args) > 0 {
			all = append(all, args)
		}
		args, at = nil, false
	}
	first, skip := true, false
	for _, word := range words(line) {
		switch {
		case word == "|" || word == "&&" || word == ";":
			end()
			first, skip = true, false
			continue
		case word == ">" || word == "<" || word == ">>":
			skip = true
			continue
		case skip:
			skip = false
			continue
		case first && (word == "sudo" || word == "$" || strings.Contains(word, "=")):
			continue
		case first:
			at = word == program || word == "bin/"+program
		case at && !nothing.MatchString(word):
			args = append(args, word)
		}
		first = false
	}
	end()
	return all
}

// words splits a line as a shell does, up to a comment.
func words(line string) (all []string) {
	var b strings.Builder
	quote, begun := rune(0), false
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			b.WriteRune(r)
		case r == '"' || r == '\'':
			quote, begun = r, true
		case r == ' ' || r == '\t':
			if begun {
				all = append(all, b.String())
			}
			b.Reset()
			begun = false
		case r == '#' && !begun:
			return all
		default:
			b.WriteRune(r)
			begun = true
		}
	}
	if begun {
		all = append(all, b.String())
	}
	return all
}

// Grammar is what a parser needs so that it judges a line and not this machine: files
// need not be there.
func Grammar() kong.Option {
	text := kong.MapperFunc(func(ctx *kong.DecodeContext, target reflect.Value) error {
		s, err := ctx.Scan.PopValue("file")
		switch {
		case err != nil:
			return err
		case target.Kind() == reflect.Slice:
			target.Set(reflect.Append(target, reflect.ValueOf(s.String())))
		default:
			target.SetString(s.String())
		}
		return nil
	})
	return kong.OptionFunc(func(k *kong.Kong) error {
		for _, kind := range []string{"path", "existingfile", "existingdir"} {
			if err := kong.NamedMapper(kind, text).Apply(k); err != nil {
				return err
			}
		}
		return nil
	})
}

// Check says what is wrong with a line; a sentence may leave away what a line of its
// own must give.
func (l Line) Check(p *kong.Kong) error {
	_, err := p.Parse(l.Args)
	if err == nil {
		return nil
	}
	if !l.Whole && incomplete.MatchString(err.Error()) {
		return nil
	}
	return fmt.Errorf("%s: %q: %w", l.Where, strings.Join(l.Args, " "), err)
}
