package ui_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"crackle/web/ui"
)

func TestBuilt(t *testing.T) {
	for name, c := range map[string]struct {
		files fstest.MapFS
		want  bool
	}{
		"a fresh clone":    {fstest.MapFS{"placeholder.txt": {}}, false},
		"built":            {fstest.MapFS{"placeholder.txt": {}, "index.html": {}, "main.js": {}}, true},
		"a folder instead": {fstest.MapFS{"index.html/x": {}}, false},
	} {
		if got := ui.Built(c.files); got != c.want {
			t.Errorf("%s: built is %v, want %v", name, got, c.want)
		}
	}
}

// The lock file pins every package by hash and names no host to fetch it from, so that the machine's own settings decide where packages come from.
func TestLockFile(t *testing.T) {
	text, err := os.ReadFile("package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	var lock struct {
		Packages map[string]struct{ Version, Integrity, Resolved string }
	}
	if err := json.Unmarshal(text, &lock); err != nil {
		t.Fatal(err)
	}
	for name, p := range lock.Packages {
		if p.Resolved != "" {
			t.Errorf("%s is bound to %s; take the resolved entries out (npm install leaves them out by .npmrc)", name, p.Resolved)
		}
		if name != "" && (p.Version == "" || !strings.HasPrefix(p.Integrity, "sha512-")) {
			t.Errorf("%s is not pinned: version %q, integrity %q", name, p.Version, p.Integrity)
		}
	}
}

// No data may become markup: the sources never assign any.
func TestSourcesSetTextOnly(t *testing.T) {
	err := fs.WalkDir(os.DirFS("src"), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile("src/" + name)
		if err != nil {
			return err
		}
		for _, bad := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "style=\"", " onclick="} {
			if strings.Contains(string(text), bad) {
				t.Errorf("src/%s contains %q", name, bad)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func Example() {
	_, err := fs.Stat(ui.Files(), "placeholder.txt")
	fmt.Println(err)
	// Output: <nil>
}
