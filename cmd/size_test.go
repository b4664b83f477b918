package cmd_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// sizes are the budgets of docs/benchmarks.md for what is installed, in bytes. Whoever
// needs more raises them here and there, and says in CHANGELOG.md what for.
var sizes = map[string]int64{"hub": 32 << 20, "kiosk": 38 << 20}

// The programs stay small enough to be brought to an office on a slow line.
func TestProgramsStaySmall(t *testing.T) {
	for name, most := range sizes {
		out := filepath.Join(t.TempDir(), name)
		cmd := exec.Command("go", "build", "-ldflags", "-s -w", "-o", out, "../cmd/"+name)
		cmd.Env = append(cmd.Environ(), "CGO_ENABLED="+map[string]string{"hub": "0", "kiosk": "1"}[name])
		if b, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("build %s: %v\n%s", name, err, b)
		}
		info, err := os.Stat(out)
		if err != nil {
			t.Fatal(err)
		}
		if t.Logf("%s: %.1f MiB of %.0f", name, float64(info.Size())/(1<<20), float64(most)/(1<<20)); info.Size() > most {
			t.Errorf("%s has %d bytes, %d more than its budget", name, info.Size(), info.Size()-most)
		}
	}
}
