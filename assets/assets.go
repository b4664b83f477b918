// Package assets is data, embedded: forms, lifecycles, offices, services, words,
// holidays, fonts and icons. It imports nothing of ours.
package assets

import "embed"

// Files holds every file below this folder by its path, such as
// "forms/complaint.toml" or "languages/id.toml".
//
//go:embed forms instruments lifecycles words languages holidays fonts icons *.toml emblem.png
var Files embed.FS
