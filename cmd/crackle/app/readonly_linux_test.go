package app_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"crackle/alert"
	"crackle/cmd/crackle/app"
	"crackle/detector"
)

// readOnlyChild names, in its environment, how a process of the test makes its data folder read-only.
const readOnlyChild = "CRACKLE_TEST_READ_ONLY"

// The data folder becomes read-only while the monitor runs, as a kernel makes it that finds its disk failing: scoring and alarms go on, people are told
// once, and when the folder can be written again the store is taken up and every account adds up. It runs in a process of its own, which has a mount
// namespace where the machine allows one, and else takes the permissions away as a user who is not root.
func TestScenarioDataFolderReadOnly(t *testing.T) {
	if how := os.Getenv(readOnlyChild); how != "" {
		readOnlyWhileRunning(t, how)
		return
	}
	t.Parallel()
	run := func(how string, attr *syscall.SysProcAttr) ([]byte, error) {
		cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^TestScenarioDataFolderReadOnly$", "-test.v", "-test.timeout=10m")
		cmd.Env, cmd.SysProcAttr = append(os.Environ(), readOnlyChild+"="+how), attr
		return cmd.CombinedOutput()
	}
	own := func(id int) []syscall.SysProcIDMap { return []syscall.SysProcIDMap{{HostID: id, Size: 1}} }
	out, err := run("mount", &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS, UidMappings: own(os.Geteuid()), GidMappings: own(os.Getegid()),
	})
	if failed := (*exec.ExitError)(nil); err != nil && (!errors.As(err, &failed) || failed.ExitCode() == noMount) {
		t.Logf("no mount namespace here (%v): permissions are taken away instead", err)
		out, err = run("permissions", nil)
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Log(string(out[max(0, len(out)-4000):]))
}

// noMount is the exit code of a process that may not mount.
const noMount = 77

func readOnlyWhileRunning(t *testing.T, how string) {
	dir := sealable(t, how)
	cfg := parse(t, dir, join(strings.Replace(base, "268435456", "67108864", 1), "[heartbeat]\nevery_s = 0.5\nmissing_s = 30", motorStream("motor", "")))
	saveMotorModel(t, cfg, "motor")
	w := start(t, cfg)
	eventually(t, "the first beat", func() bool { last, _ := w.Heartbeat(); return !last.IsZero() })
	sender := &bareSender{w: w, run: 99}
	sender.part(healthy(t), "before")
	w.wantVerdict("motor", "before", detector.OK)

	seal(t, how, dir, true)
	if f, err := os.Create(filepath.Join(dir, "probe")); err == nil {
		f.Close()
		t.Fatal("the data folder can still be written")
	}
	a := w.alarmed("", alert.KindStore, alert.Raised).Alarm
	wantAll(t, a.What, "the signal store refuses what is published", "data folder", "cannot be written; look whether its disk has failed or was mounted read-only")
	eventually(t, "the stream to listen past the store", func() bool { return w.counts("motor").Opened >= 2 })
	sender.part(healthy(t), "good")
	sender.part(faulty(t), "bad")
	w.wantVerdict("motor", "good", detector.NotAssessed)
	w.wantVerdict("motor", "bad", detector.Alarm)
	w.alarmed("motor", alert.KindScore, alert.Raised)

	seal(t, how, dir, false)
	w.alarmed("", alert.KindStore, alert.Cleared)
	eventually(t, "the store to be read again", func() bool { return w.log.count("streams are read from it") > 0 })
	sender.part(healthy(t), "after")
	w.wantVerdict("motor", "after", detector.OK)
	eventually(t, "the accounts to be stored", func() bool {
		list, err := app.Parts(within(t), w.Connection(), app.PartQuery{Stream: "motor"})
		return err == nil && len(list) == 4
	})
	if c := w.counts("motor"); c.Missing != 0 {
		t.Errorf("counts %+v", c)
	}
	for kind, want := range map[alert.Kind]int{alert.KindStore: 2, alert.KindConnection: 0, alert.KindHeartbeat: 0} {
		if n := len(w.events("", kind)); n != want {
			t.Errorf("%d events of kind %v, want %d", n, kind, want)
		}
	}

	seal(t, how, dir, true) // and a stop, which has nowhere to write, ends in time
	w.stop()
	seal(t, how, dir, false)
}

// sealable is a folder that seal can make read-only.
func sealable(t *testing.T, how string) string {
	t.Helper()
	if how == "mount" {
		dir := t.TempDir()
		err := errors.Join(unix.Mount("", "/", "", unix.MS_PRIVATE|unix.MS_REC, ""), unix.Mount("tmpfs", dir, "tmpfs", 0, "size=64m"))
		if err != nil {
			t.Log(err)
			os.Exit(noMount)
		}
		t.Cleanup(func() {
			if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
				t.Error(err)
			}
		})
		return dir
	}
	if os.Geteuid() == 0 { // whom permissions do not stop
		if err := errors.Join(syscall.Setgid(65534), syscall.Setuid(65534)); err != nil {
			t.Fatalf("this user may neither mount nor become another one, and permissions do not stop it: %v; run the test as a user other than root, or where it may mount", err)
		}
	}
	dir, err := os.MkdirTemp("", "crackle-read-only-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// seal takes the right to write away, also from files that are open, or gives it back.
func seal(t *testing.T, how, dir string, on bool) {
	t.Helper()
	if how == "mount" {
		flags := uintptr(unix.MS_REMOUNT)
		if on {
			flags |= unix.MS_RDONLY
		}
		seen := map[string]int{}
		eventually(t, "remount", func() bool {
			if on {
				endWriting(t, dir, seen)
			}
			err := unix.Mount("", dir, "", flags, "size=64m")
			if err != nil && err != unix.EBUSY {
				t.Fatal(err)
			}
			return err == nil
		})
		return
	}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		mode := map[[2]bool]os.FileMode{{true, true}: 0o500, {true, false}: 0o700, {false, true}: 0o400, {false, false}: 0o600}[[2]bool{err == nil && d.IsDir(), on}]
		if err == nil {
			err = os.Chmod(path, mode)
		}
		if errors.Is(err, os.ErrNotExist) { // the server's files come and go
			return nil
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if on {
		endWriting(t, dir, map[string]int{})
	}
}

// endWriting makes what this process has open for writing under a folder open for reading only: what a kernel does with a whole file system, a process
// can only do with its own files. The server's message blocks are open for long; what else is seen is open for a moment as a rule, and is taken when it has
// been seen often.
func endWriting(t *testing.T, dir string, seen map[string]int) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		fd, err := strconv.Atoi(e.Name())
		if err != nil {
			t.Fatal(err)
		}
		path, _ := os.Readlink("/proc/self/fd/" + e.Name())
		mode, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
		if err != nil || !strings.HasPrefix(path, dir+"/") || mode&unix.O_ACCMODE == unix.O_RDONLY {
			continue
		}
		if seen[e.Name()+path]++; !strings.HasSuffix(path, ".blk") && seen[e.Name()+path] < 50 {
			continue
		}
		read, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil { // a block that was removed meanwhile
			read, err = unix.Open(os.DevNull, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		}
		if err != nil {
			t.Fatal(err)
		}
		if again, _ := os.Readlink("/proc/self/fd/" + e.Name()); again == path {
			if err := unix.Dup3(read, fd, unix.O_CLOEXEC); err != nil {
				t.Fatal(err)
			}
		}
		if err := unix.Close(read); err != nil {
			t.Fatal(err)
		}
	}
}
