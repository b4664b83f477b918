package assets

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A folder's own offices take the place of ours; all else is as it was.
func TestAnOrganisationOfOnesOwn(t *testing.T) {
	dir := t.TempDir()
	read := func(name string) string {
		b, err := fs.ReadFile(In(dir), name)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	ours := read("offices.toml")
	if err := os.WriteFile(filepath.Join(dir, "offices.toml"), []byte("# mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "logo.toml"), []byte("# mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if read("offices.toml") != "# mine" || !strings.Contains(ours, "[[offices]]") || !strings.Contains(read("services.toml"), "[[services]]") {
		t.Error("not the files that were meant")
	}
	if _, err := fs.ReadFile(In(dir), "logo.toml"); err == nil {
		t.Error("any file of the folder is taken")
	}
	if forms, err := fs.Glob(In(dir), "forms/*.toml"); err != nil || len(forms) < 5 {
		t.Errorf("%v, %v", forms, err)
	}
}
