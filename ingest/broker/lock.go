//go:build unix

package broker

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const lockName = "lock"

// ErrLocked is in the chain of the error for a data folder that another process serves.
var ErrLocked = errors.New("data folder is in use")

// lock holds a data folder for one process. The kernel lets go of it when the process ends, however it ends. The file is held open for reading only, so
// that it alone does not keep an administrator from mounting the folder read-only.
type lock struct{ f *os.File }

// lockFolder takes dir for this process. It tries for a moment, because Door looks at the lock by taking it for an instant.
func lockFolder(dir string) (*lock, error) {
	path := filepath.Join(dir, lockName)
	f, err := os.OpenFile(path, os.O_RDONLY|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock of data folder %s: %w", dir, err)
	}
	for try := 0; ; try++ {
		err = flock(f, unix.LOCK_EX)
		if err == nil || try == 10 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	if errors.Is(err, unix.EWOULDBLOCK) {
		pid := holder(f)
		f.Close()
		return nil, fmt.Errorf("%w: %s is served by process %s; connect to that server, stop it, or choose another folder", ErrLocked, dir, pid)
	}
	if err == nil {
		err = writeHolder(path)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("lock data folder %s: %w", dir, err)
	}
	return &lock{f}, nil
}

// release gives the lock up by name: closing alone would leave it to a process that was forked meanwhile, until that executes its program. The holder
// stays in the file where the folder has become read-only; nobody reads it of a lock that is free.
func (l *lock) release() error {
	_ = os.Truncate(l.f.Name(), 0)
	return errors.Join(flock(l.f, unix.LOCK_UN), l.f.Close())
}

// locked says whether some process holds dir.
func locked(dir string) (bool, error) {
	f, err := os.Open(filepath.Join(dir, lockName))
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	err = flock(f, unix.LOCK_SH)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return true, nil
	}
	return false, errors.Join(err, flock(f, unix.LOCK_UN))
}

func flock(f *os.File, how int) error {
	for {
		err := unix.Flock(int(f.Fd()), how|unix.LOCK_NB)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// writeHolder says whose the lock is, in a file that stays the same one.
func writeHolder(path string) error {
	return os.WriteFile(path, []byte(fmt.Sprintf("%d\n", os.Getpid())), 0o600)
}

// holder is the process id in the lock file, for people to read.
func holder(f *os.File) string {
	b, err := io.ReadAll(io.NewSectionReader(f, 0, 32))
	pid := strings.TrimSpace(string(b))
	if err != nil || pid == "" {
		return "(unknown)"
	}
	return pid
}
