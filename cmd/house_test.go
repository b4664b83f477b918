package cmd_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

type pkg struct {
	ImportPath string
	Doc        string
	Imports    []string
	Deps       []string
	CgoFiles   []string
	Standard   bool
}

// list runs go list without cgo, so that what is listed is what a hub is
// built from.
func list(t *testing.T, args ...string) []pkg {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Doc,Imports,Deps,CgoFiles,Standard"}, args...)...)
	cmd.Dir = ".."
	cmd.Env = append(cmd.Environ(), "CGO_ENABLED=0")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var all []pkg
	for d := json.NewDecoder(out); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	return all
}

// rooms says which of our packages each room may import. A room that is not
// here is a room nobody has thought about.
var rooms = map[string][]string{
	"assets":                      {},
	"kiosk/disk":                  {},
	"kiosk/doctor":                {"kiosk/disk"},
	"kiosk":                       {},
	"kiosk/track":                 {"kiosk"},
	"kiosk/words":                 {"kiosk"},
	"kiosk/workday":               {"kiosk"},
	"kiosk/form":                  {"kiosk", "kiosk/track", "kiosk/words"},
	"kiosk/voice":                 {},
	"kiosk/published":             {"kiosk"},
	"kiosk/seal":                  {"kiosk"},
	"kiosk/attach":                {},
	"kiosk/enrol":                 {"kiosk/disk", "kiosk/seal", "kiosk/track"},
	"kiosk/staff":                 {"kiosk/disk", "kiosk/seal"},
	"kiosk/catalogue":             {"kiosk", "kiosk/form", "kiosk/words", "kiosk/workday"},
	"kiosk/scanner":               {"kiosk/attach"},
	"kiosk/receipt":               {"kiosk", "kiosk/words"},
	"kiosk/printer":               {"kiosk", "kiosk/disk", "kiosk/printer/ipp", "kiosk/receipt"},
	"kiosk/printer/ipp":           {},
	"kiosk/printer/printertest":   {},
	"kiosk/stick":                 {"kiosk/disk", "kiosk/seal"},
	"kiosk/upload":                {"kiosk", "kiosk/disk", "kiosk/published", "kiosk/seal"},
	"kiosk/visit":                 {"kiosk", "kiosk/attach", "kiosk/form", "kiosk/receipt", "kiosk/seal", "kiosk/track", "kiosk/workday"},
	"ui":                          {"kiosk", "kiosk/form", "kiosk/printer", "kiosk/published", "kiosk/receipt", "kiosk/staff", "kiosk/track", "kiosk/visit", "kiosk/words", "ui/keyboard", "ui/screen", "ui/theme", "ui/widget"},
	"ui/screen":                   {"kiosk", "kiosk/form", "kiosk/printer", "kiosk/published", "kiosk/receipt", "kiosk/track", "kiosk/visit", "kiosk/words", "ui/keyboard", "ui/theme", "ui/widget"},
	"ui/keyboard":                 {"kiosk/track", "kiosk/words", "ui/theme", "ui/widget"},
	"ui/widget":                   {"kiosk/words", "ui/theme"},
	"ui/theme":                    {},
	"hub/lifecycle":               {"kiosk", "kiosk/form", "kiosk/workday"},
	"hub/satisfaction":            {"kiosk", "kiosk/form"},
	"hub/lapor":                   {"kiosk", "kiosk/disk", "kiosk/form", "kiosk/track"},
	"hub/demo":                    {"hub", "hub/lifecycle", "kiosk", "kiosk/form", "kiosk/workday"},
	"hub/paper":                   {"kiosk"},
	"hub/insight":                 {},
	"hub/chart":                   {},
	"hub":                         {"hub/disclosure", "hub/insight", "hub/lapor", "hub/lifecycle", "hub/masking", "hub/satisfaction", "kiosk", "kiosk/attach", "kiosk/catalogue", "kiosk/disk", "kiosk/form", "kiosk/published", "kiosk/seal", "kiosk/staff", "kiosk/stick", "kiosk/track", "kiosk/words", "kiosk/workday"},
	"hub/web":                     {"hub", "hub/chart", "hub/disclosure", "hub/document", "hub/insight", "hub/lapor", "hub/lifecycle", "hub/masking", "hub/open311", "hub/paper", "hub/satisfaction", "kiosk", "kiosk/attach", "kiosk/catalogue", "kiosk/form", "kiosk/published", "kiosk/seal", "kiosk/track", "kiosk/words", "kiosk/workday"},
	"hub/document":                {"hub", "hub/lifecycle", "hub/paper", "hub/satisfaction", "kiosk", "kiosk/words"},
	"hub/notice":                  {"hub", "kiosk", "kiosk/words"},
	"hub/masking":                 {},
	"hub/metrics":                 {"hub", "kiosk", "kiosk/seal"},
	"hub/disclosure":              {},
	"hub/open311":                 {"hub", "hub/masking", "kiosk", "kiosk/form", "kiosk/track", "kiosk/words"},
	"store/queue":                 {"kiosk", "kiosk/disk", "kiosk/seal", "kiosk/track"},
	"store/casebook":              {"hub", "kiosk", "kiosk/disk", "kiosk/published", "kiosk/seal", "kiosk/track", "kiosk/workday"},
	"store/casebook/casebooktest": {"store/casebook"},
	"cmd/manual":                  {},
	"cmd/hub":                     nil, // ties everything of the hub
	"cmd/kiosk":                   nil, // ties everything of the kiosk
}

func TestArrows(t *testing.T) {
	for _, p := range list(t, "-e", "./...") {
		name := strings.TrimPrefix(p.ImportPath, "loket/")
		if name == "cmd" {
			continue
		}
		allowed, known := rooms[name]
		if !known {
			t.Errorf("%s is a room the map does not know", name)
			continue
		}
		if p.Doc == "" {
			t.Errorf("%s does not say what it is for", name)
		}
		for _, imported := range p.Imports {
			if imported == "fyne.io/fyne/v2/app" && name != "cmd/kiosk" {
				t.Errorf("%s imports fyne's app: only cmd/kiosk may", name)
			}
			if ours, ok := strings.CutPrefix(imported, "loket/"); ok && allowed != nil && !slices.Contains(allowed, ours) {
				t.Errorf("%s imports %s", name, ours)
			}
		}
	}
}

// The hub is built without cgo and knows no window, no printer and no visit.
func TestHubIsSmall(t *testing.T) {
	for _, p := range list(t, "-deps", "./cmd/hub") {
		for _, banned := range []string{"fyne.io/", "loket/ui", "loket/kiosk/visit", "loket/kiosk/upload", "loket/kiosk/receipt", "loket/kiosk/printer", "loket/store/queue"} {
			if strings.HasPrefix(p.ImportPath, banned) {
				t.Errorf("the hub imports %s", p.ImportPath)
			}
		}
		if len(p.CgoFiles) > 0 && !p.Standard {
			t.Errorf("the hub needs cgo for %s", p.ImportPath)
		}
	}
}

// modernc.org/libc must be the version that modernc.org/sqlite was made with.
func TestLibcIsSQLitesOwn(t *testing.T) {
	version := func(args ...string) string {
		cmd := exec.Command("go", args...)
		cmd.Dir = ".."
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(out))
	}
	mod := version("list", "-m", "-f", "{{.Dir}}", "modernc.org/sqlite")
	cmd := exec.Command("go", "mod", "edit", "-json", mod+"/go.mod")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var want struct {
		Require []struct{ Path, Version string }
	}
	if err := json.Unmarshal(out, &want); err != nil {
		t.Fatal(err)
	}
	got := version("list", "-m", "-f", "{{.Version}}", "modernc.org/libc")
	for _, r := range want.Require {
		if r.Path == "modernc.org/libc" && r.Version != got {
			t.Errorf("libc is %s, sqlite wants %s", got, r.Version)
		}
	}
}
