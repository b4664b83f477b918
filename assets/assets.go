// Package assets is data, embedded: forms, lifecycles, offices, services, words,
// words that say nothing,
// holidays, fonts and icons. It imports nothing of ours.
package assets

import "embed"

// Files holds every file below this folder by its path, such as
// "forms/complaint.toml" or "languages/id.toml".
//
//go:embed forms instruments lifecycles stopwords words languages holidays fonts icons *.toml emblem.png
var Files embed.FS
