package auth

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const maxUsersFile = 1 << 20 // bytes

// stamp tells two states of a file apart.
type stamp struct {
	size  int64
	mtime time.Time
	inode uint64
}

// change reads the file, applies f and writes it anew, under a lock that other processes see.
func (u *Users) change(f func([]User) ([]User, error)) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if err := os.MkdirAll(filepath.Dir(u.path), 0o755); err != nil {
		return fmt.Errorf("users: folder: %w", err)
	}
	lock, err := os.OpenFile(u.path+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("users: %w", err)
	}
	defer lock.Close()
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
		return fmt.Errorf("users: lock %s: %w", lock.Name(), err)
	}
	list, _, err := readUsers(u.path)
	if err != nil {
		return err
	}
	if list, err = f(list); err != nil {
		return err
	}
	slices.SortFunc(list, func(a, b User) int { return strings.Compare(a.Name, b.Name) })
	if err := writeUsers(u.path, list); err != nil {
		return err
	}
	u.looked = time.Time{}
	u.look(time.Now())
	return u.err
}

// look reads the file again when it has changed. The caller holds mu.
func (u *Users) look(now time.Time) {
	if since := now.Sub(u.looked); since >= 0 && since < lookEvery {
		return
	}
	u.looked = now
	s, err := stampOf(u.path)
	if err == nil && s == u.stamp && u.err == nil {
		return
	}
	list, s, err := readUsers(u.path)
	if u.err = err; err == nil {
		u.list, u.stamp = list, s
	}
}

func stampOf(path string) (stamp, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return stamp{}, nil
	}
	if err != nil {
		return stamp{}, err
	}
	return stampOfInfo(info), nil
}

func stampOfInfo(info fs.FileInfo) stamp {
	s := stamp{size: info.Size(), mtime: info.ModTime()}
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		s.inode = sys.Ino
	}
	return s
}

// usersDoc is the file.
type usersDoc struct {
	Version int    `json:"version"`
	Users   []User `json:"users"`
}

func readUsers(path string) (list []User, s stamp, err error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0) // a pipe must not hold the server up
	if errors.Is(err, fs.ErrNotExist) {
		return nil, stamp{}, nil
	}
	if err != nil {
		return nil, s, fmt.Errorf("users: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, s, fmt.Errorf("users: %w", err)
	case !info.Mode().IsRegular():
		return nil, s, fmt.Errorf("users: %s is not a regular file", path)
	case info.Mode().Perm()&0o077 != 0:
		return nil, s, fmt.Errorf("users: %s: found mode %#o, allowed 0600, since it holds password hashes; chmod 600 it", path, info.Mode().Perm())
	case info.Size() > maxUsersFile:
		return nil, s, fmt.Errorf("users: %s: found %d bytes, allowed up to %d", path, info.Size(), maxUsersFile)
	}
	body, err := io.ReadAll(io.LimitReader(f, maxUsersFile+1))
	if err != nil {
		return nil, s, fmt.Errorf("users: %w", err)
	}
	list, err = parseUsers(body)
	if err != nil {
		return nil, s, fmt.Errorf("users: %s: %w; take it from a backup, or remove it and add the users again", path, err)
	}
	return list, stampOfInfo(info), nil
}

func parseUsers(body []byte) ([]User, error) {
	var doc usersDoc
	if err := json.Unmarshal(body, &doc); err != nil {
		return nil, err
	}
	if doc.Version != 1 {
		return nil, fmt.Errorf("version: found %d, allowed 1", doc.Version)
	}
	if len(doc.Users) > maxUsers {
		return nil, fmt.Errorf("found %d users, allowed up to %d", len(doc.Users), maxUsers)
	}
	seen := map[string]bool{}
	for i := range doc.Users {
		o := &doc.Users[i]
		if err := errors.Join(CheckName(o.Name), checkRole(o.Name, o.Role)); err != nil {
			return nil, err
		}
		if seen[o.Name] {
			return nil, fmt.Errorf("user %s: found twice", o.Name)
		}
		seen[o.Name] = true
		var err error
		if o.hash, err = parseHash(o.Password); err != nil {
			return nil, fmt.Errorf("user %s: %w", o.Name, err)
		}
	}
	return doc.Users, nil
}

// writeUsers puts a new file in place of the old one, so that a reader sees one or the other, whole.
func writeUsers(path string, list []User) error {
	if list == nil {
		list = []User{}
	}
	body, err := json.MarshalIndent(usersDoc{1, list}, "", "  ")
	if err != nil {
		return fmt.Errorf("users: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".users-*") // 0600
	if err != nil {
		return fmt.Errorf("users: %w", err)
	}
	_, err = f.Write(append(body, '\n'))
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("users: %w", err), os.Remove(f.Name()))
	}
	return nil
}
