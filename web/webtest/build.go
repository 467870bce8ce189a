package webtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// root is the folder of the module, found from the working directory of a test.
var root = sync.OnceValues(func() (string, error) {
	dir, err := os.Getwd()
	for ; err == nil; dir = filepath.Dir(dir) {
		if _, missing := os.Stat(filepath.Join(dir, "go.mod")); missing == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("no go.mod above the working directory")
		}
	}
	return "", err
})

// Root is the folder of the module.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := root()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

var built struct {
	once sync.Once
	err  error
}

// BuildUI builds the dashboard when web/ui/dist does not hold one that is newer than its sources, and returns that folder.
func BuildUI(t testing.TB) string {
	t.Helper()
	ui := filepath.Join(Root(t), "web", "ui")
	built.once.Do(func() { built.err = build(ui, filepath.Join(Root(t), "build")) })
	if built.err != nil {
		t.Fatal(built.err)
	}
	return filepath.Join(ui, "dist")
}

func build(ui, scratch string) error {
	if err := os.MkdirAll(scratch, 0o755); err != nil {
		return err
	}
	lock, err := os.OpenFile(filepath.Join(scratch, "setup.lock"), os.O_CREATE|os.O_RDWR, 0o644) // as scripts/setup: packages are tested at the same time
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	if upToDate(ui) {
		return nil
	}
	npm, err := exec.LookPath("npm")
	if err != nil {
		return fmt.Errorf("the dashboard has to be built and npm is not installed; install Node 20 or newer (make setup does)")
	}
	steps := [][]string{{npm, "run", "build"}}
	if _, err := os.Stat(filepath.Join(ui, "node_modules", "axe-core")); err != nil {
		steps = append([][]string{{npm, "ci"}}, steps...)
	}
	for _, step := range steps {
		cmd := exec.Command(step[0], step[1:]...)
		cmd.Dir = ui
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s in web/ui: %w\n%s", strings.Join(step, " "), err, out)
		}
	}
	return nil
}

func upToDate(ui string) bool {
	page, err := os.Stat(filepath.Join(ui, "dist", "main.js"))
	if err != nil {
		return false
	}
	if _, err := os.Stat(filepath.Join(ui, "node_modules", "axe-core")); err != nil {
		return false // the tests need it beside the build
	}
	newer := false
	filepath.Walk(filepath.Join(ui, "src"), func(_ string, info os.FileInfo, err error) error {
		newer = newer || err != nil || info.ModTime().After(page.ModTime())
		return nil
	})
	for _, name := range []string{"build.mjs", "package-lock.json"} {
		info, err := os.Stat(filepath.Join(ui, name))
		newer = newer || err != nil || info.ModTime().After(page.ModTime())
	}
	return !newer
}
