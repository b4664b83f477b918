// Package assets is data, embedded: forms, lifecycles, offices, services, words,
// words that say nothing, public information, holidays, fonts, icons and a year for demonstrations.
// It imports nothing of ours.
package assets

import (
	"embed"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Files holds every file below this folder by its path, such as
// "forms/complaint.toml" or "languages/id.toml".
//
//go:embed demo forms instruments lifecycles published stopwords words languages holidays fonts icons *.toml emblem.png
var Files embed.FS

// In returns Files with the offices.toml, services.toml and lapor.toml of a
// folder in place of ours, where it has them: an organisation of one's own.
func In(dir string) fs.FS { return own{dir} }

type own struct{ dir string }

// Open implements fs.FS.
func (o own) Open(name string) (fs.File, error) {
	switch name {
	case "offices.toml", "services.toml", "lapor.toml":
		f, err := os.Open(filepath.Join(o.dir, name))
		if !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
	}
	return Files.Open(name)
}
