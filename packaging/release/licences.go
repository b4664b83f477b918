// Command licences writes the licences of everything that goes into a program: of each
// module, found by asking Go what the program is built from, and of Go itself. It fails
// if a module brings no licence.
//
//	licences FOLDER OF GO'S MODULE, PACKAGE... >LICENCES
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: licences FOLDER PACKAGE...")
		os.Exit(2)
	}
	if err := write(os.Stdout, os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
}

// module is what a program is built from.
type module struct {
	Path, Version, Dir string
	Main               bool
}

// write writes the licences of what the packages of the module in dir are built from.
func write(out io.Writer, dir string, packages []string) error {
	modules, err := builtFrom(dir, packages)
	if err != nil {
		return err
	}
	root, err := ask(dir, "env", "GOROOT")
	if err != nil {
		return err
	}
	version, err := ask(dir, "env", "GOVERSION")
	if err != nil {
		return err
	}
	modules = append([]module{{Path: "Go", Version: strings.TrimPrefix(strings.TrimSpace(version), "go"), Dir: strings.TrimSpace(root)}}, modules...)
	fmt.Fprintf(out, "Loket is built from the following, each under its own licence.\n")
	var missing []error
	for _, m := range modules {
		texts, err := licences(m.Dir)
		if err != nil {
			return err
		}
		if len(texts) == 0 {
			missing = append(missing, fmt.Errorf("%s %s brings no licence", m.Path, m.Version))
			continue
		}
		fmt.Fprintf(out, "\n%s\n%s %s\n%[1]s\n", strings.Repeat("=", 78), m.Path, m.Version)
		for _, text := range texts {
			fmt.Fprintf(out, "\n%s\n", bytes.TrimSpace(text))
		}
	}
	return errors.Join(missing...)
}

// builtFrom lists the modules of others, in order.
func builtFrom(dir string, packages []string) ([]module, error) {
	out, err := ask(dir, append([]string{"list", "-deps", "-json=Module"}, packages...)...)
	if err != nil {
		return nil, err
	}
	var all []module
	for d := json.NewDecoder(strings.NewReader(out)); ; {
		var p struct{ Module *module }
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		if p.Module != nil && !p.Module.Main {
			all = append(all, *p.Module)
		}
	}
	slices.SortFunc(all, func(a, b module) int { return strings.Compare(a.Path, b.Path) })
	return slices.Compact(all), nil
}

// licences reads what stands at the top of a module.
func licences(dir string) (texts [][]byte, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		name := strings.ToUpper(e.Name())
		if e.IsDir() || strings.HasSuffix(name, ".GO") {
			continue
		}
		for _, word := range []string{"LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE"} {
			if strings.HasPrefix(name, word) {
				text, err := os.ReadFile(filepath.Join(dir, e.Name()))
				if err != nil {
					return nil, err
				}
				texts = append(texts, text)
				break
			}
		}
	}
	return texts, nil
}

func ask(dir string, args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("go %s: %w: %s", args[0], err, said.String())
	}
	return out.String(), nil
}
