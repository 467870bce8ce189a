package web

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"

	"crackle/web/ui"
)

// notBuilt is the page of a program that was compiled without the dashboard.
const notBuilt = `The dashboard is not built into this program. Everything else works: scoring, alarms, and the API under /api/v1/.

To build it, run

    make build

or, in the folder web/ui, "npm ci" and "npm run build"; then compile and start Crackle again.
`

// files serves the built dashboard from memory, each file with its type and an ETag by which the browser asks again cheaply.
type files map[string]file

type file struct {
	body, kind, tag string
}

func newFiles(from fs.FS) (http.Handler, error) {
	if !ui.Built(from) {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Error(w, notBuilt, http.StatusServiceUnavailable) }), nil
	}
	out := files{}
	err := fs.WalkDir(from, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(from, name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(body)
		out["/"+name] = file{string(body), kindOf(name), `"` + hex.EncodeToString(sum[:12]) + `"`}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("web: read the dashboard's files: %w", err)
	}
	out["/"] = out["/index.html"]
	return out, nil
}

// kindOf does not depend on the machine's own table of types.
func kindOf(name string) string {
	switch ext := path.Ext(name); ext {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".woff2":
		return "font/woff2"
	case ".svg":
		return "image/svg+xml"
	case ".txt":
		return "text/plain; charset=utf-8"
	default:
		if t := mime.TypeByExtension(ext); t != "" {
			return t
		}
		return "application/octet-stream"
	}
}

func (fs files) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, ok := fs[r.URL.Path]
	switch {
	case !ok:
		http.Error(w, fmt.Sprintf("path: found %.200q, which is not part of the dashboard; it is at /", r.URL.Path), http.StatusNotFound)
		return
	case r.Method != http.MethodGet && r.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, fmt.Sprintf("method: found %s, allowed GET", r.Method), http.StatusMethodNotAllowed)
		return
	}
	w.Header().Set("Cache-Control", "no-cache")
	w.Header().Set("ETag", f.tag)
	if strings.Contains(r.Header.Get("If-None-Match"), f.tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", f.kind)
	w.Header().Set("Content-Length", fmt.Sprint(len(f.body)))
	if r.Method == http.MethodGet {
		w.Write([]byte(f.body))
	}
}
