package main

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestReadme goes through what the README says of one's own recordings, line by line as it is printed, but for the build and for the port.
func TestReadme(t *testing.T) {
	top, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join(top, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	shown, err := os.ReadFile(filepath.Join(top, "docs", "motor.toml"))
	if err != nil || !bytes.Contains(readme, []byte("```toml\n"+string(shown)+"```\n")) {
		t.Errorf("docs/motor.toml is not the file that the README shows: %v", err)
	}
	_, walk, _ := strings.Cut(string(readme), "## Your own recordings")
	walk, _, _ = strings.Cut(walk, "```toml")
	var lines []string
	for line := range strings.Lines(walk) {
		if command, is := strings.CutPrefix(line, "    "); is {
			lines = append(lines, strings.TrimSpace(command))
		}
	}
	if len(lines) < 12 || !strings.HasPrefix(lines[0], "make build && ") {
		t.Fatalf("%d lines, the first %q", len(lines), lines[0])
	}
	lines[0] = strings.TrimPrefix(lines[0], "make build && ") + ` && printf '\n[server]\nlisten = "127.0.0.1:0"\n[store]\nmax_bytes = 268435456\n' >> try/motor.toml`
	dir := t.TempDir()
	for name, to := range map[string]string{"docs": filepath.Join(top, "docs"), "cmd": filepath.Join(top, "cmd")} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(dir, "bin", "crackle")); err != nil {
		t.Fatal(err)
	}
	shell := func(line string) *exec.Cmd {
		cmd := exec.Command("bash", "-c", line)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "CRACKLE_TEST_MAIN=1")
		return cmd
	}
	address := ""
	for _, line := range lines {
		if strings.Contains(line, "crackle run ") {
			address = background(t, shell("exec "+line))
			continue
		}
		if strings.Contains(line, "crackle top ") { // the port is another one than the file says
			line = strings.Replace(line, "-c try/motor.toml", "--url "+address, 1)
		}
		var said []byte
		var err error
		for until := time.Now().Add(30 * time.Second); time.Now().Before(until); time.Sleep(100 * time.Millisecond) {
			said, err = shell(line).CombinedOutput()
			if want := promised(line); err == nil && strings.Contains(string(said), want) {
				break
			} else if err == nil {
				err = unsaid(want)
			}
		}
		if err != nil {
			t.Fatalf("%s\n%s%v", line, said, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "try", "why.png")); err != nil {
		t.Error(err)
	}
}

type unsaid string

func (e unsaid) Error() string { return "it does not say " + string(e) }

// promised is what the README says that a line shows.
func promised(line string) string {
	for word, text := range map[string]string{
		"crackle check": "no mistakes", "crackle train": "The limit is provisional", "crackle score": ",alarm,", "crackle explain": "negative_im was 0.1037 where 0.00119",
		"crackle parts": "alarm        motor                    SC_A1_B0_C0_001", "crackle backtest": "limit times 1.5", "evidence list": "SC_A1_B0_C0_001", "crackle top": "Spindle motor",
	} {
		if strings.Contains(line, word) {
			return text
		}
	}
	return ""
}

// background starts a crackle that watches, and gives its address; it ends with the test, and well.
func background(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	log, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	address := make(chan string, 1)
	read := make(chan struct{})
	go func() {
		defer close(read)
		for s := bufio.NewScanner(log); s.Scan(); {
			if _, rest, is := strings.Cut(s.Text(), "Dashboard: "); is {
				address <- strings.Fields(rest)[0]
			}
		}
		close(address)
	}()
	t.Cleanup(func() {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
		<-read
		if err := cmd.Wait(); err != nil {
			t.Errorf("crackle run: %v", err)
		}
	})
	select {
	case a := <-address:
		if a == "" {
			t.Fatal("crackle run ended")
		}
		return a
	case <-time.After(30 * time.Second):
		t.Fatal("crackle run: no dashboard within 30 s")
	}
	return ""
}
