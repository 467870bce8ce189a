// Package ui holds the dashboard: TypeScript sources in src, built by npm into dist, and embedded from there into the program.
//
// The built files are not kept in the repository. On a fresh clone dist holds only a placeholder, Built says false, and the server
// answers with what to do about it.
package ui

import (
	"embed"
	"io/fs"
)

//go:embed dist
var dist embed.FS

// Files are the built files, index.html at the root.
func Files() fs.FS {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		panic("ui: " + err.Error()) // only for an invalid path, which "dist" is not
	}
	return sub
}

// Built reports whether files hold a built dashboard.
func Built(files fs.FS) bool {
	info, err := fs.Stat(files, "index.html")
	return err == nil && info.Mode().IsRegular()
}
