package auth

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

const maxSessionsFile = 4 << 20 // bytes

// sessionsDoc is the file of sessions. It opens no door: of a cookie it holds the sum, and of a user's record too.
type sessionsDoc struct {
	Version  int           `json:"version"`
	Sessions []keptSession `json:"sessions"`
}

type keptSession struct {
	Key  string    `json:"key"` // SHA-256 of the cookie's value, in hex
	User string    `json:"user"`
	Of   string    `json:"of"` // see sumOf
	Born time.Time `json:"born"`
	Used time.Time `json:"used"`
}

// note writes the sessions down, so that a restart ends none of them. Where that fails they are still good until the process ends, and warn is told,
// once for each reason.
func (d *Door) note() {
	if d.cfg.Sessions == "" {
		return
	}
	d.writing.Lock()
	defer d.writing.Unlock()
	d.mu.Lock()
	doc := sessionsDoc{Version: 1, Sessions: make([]keptSession, 0, len(d.sessions))}
	for k, s := range d.sessions {
		s.noted = s.used
		doc.Sessions = append(doc.Sessions, keptSession{hex.EncodeToString(k[:]), s.user, s.of, s.born, s.used})
	}
	d.mu.Unlock()
	d.warn(writeSessions(d.cfg.Sessions, &doc))
}

// warn tells of an error that is another than the last. Its callers hold writing, or are alone.
func (d *Door) warn(err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	if text != "" && text != d.warned && d.cfg.Warn != nil {
		d.cfg.Warn(err)
	}
	d.warned = text
}

func writeSessions(path string, doc *sessionsDoc) error {
	body, err := json.Marshal(doc)
	if err != nil {
		return fmt.Errorf("sessions: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return unkept(path, err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".sessions-*") // 0600
	if err != nil {
		return unkept(path, err)
	}
	_, err = f.Write(append(body, '\n'))
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name()) // what is left of it is of no use, and what keeps it from going is what is told
		return unkept(path, err)
	}
	return nil
}

// unkept leaves the name of the temporary file out: it is another each time, and the reason is told once.
func unkept(path string, err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		err = p.Err
	}
	if l, ok := errors.AsType[*os.LinkError](err); ok {
		err = l.Err
	}
	return fmt.Errorf("sessions: %s: %w; logins end with this process", path, err)
}

// resume takes the sessions up that an earlier process wrote down. Those whose time is over, or whose user was changed or removed meanwhile, stay out.
func (d *Door) resume(now time.Time) {
	if d.cfg.Sessions == "" || d.cfg.Users == nil {
		return
	}
	doc, err := readSessions(d.cfg.Sessions)
	if err != nil {
		d.warn(err)
		return
	}
	for _, k := range doc.Sessions {
		sum, err := hex.DecodeString(k.Key)
		u, there := d.cfg.Users.find(k.User)
		s := &session{user: k.User, of: k.Of, born: k.Born, used: k.Used, noted: k.Used}
		if err != nil || len(sum) != len(key{}) || !there || sumOf(&u) != k.Of || s.used.After(now) || s.born.After(s.used) || d.over(s, now) {
			continue
		}
		d.sessions[key(sum)] = s
	}
	d.evict(func(*session) bool { return true }, maxSessions)
}

func readSessions(path string) (doc sessionsDoc, err error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0) // a pipe must not hold the server up
	if errors.Is(err, fs.ErrNotExist) {
		return doc, nil
	}
	if err != nil {
		return doc, fmt.Errorf("sessions: %w; people log in again", err)
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return doc, fmt.Errorf("sessions: %w; people log in again", err)
	case !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0:
		return doc, fmt.Errorf("sessions: %s: found mode %s, allowed a regular file of mode 0600; it is not read, and people log in again", path, info.Mode())
	case info.Size() > maxSessionsFile:
		return doc, fmt.Errorf("sessions: %s: found %d bytes, allowed up to %d; it is not read, and people log in again", path, info.Size(), maxSessionsFile)
	}
	body, err := io.ReadAll(io.LimitReader(f, maxSessionsFile))
	if err == nil {
		doc, err = parseSessions(body)
	}
	if err != nil {
		return sessionsDoc{}, fmt.Errorf("sessions: %s: %w; it is not read, and people log in again", path, err)
	}
	return doc, nil
}

func parseSessions(body []byte) (doc sessionsDoc, err error) {
	if err := json.Unmarshal(body, &doc); err != nil {
		return sessionsDoc{}, err
	}
	if doc.Version != 1 {
		return sessionsDoc{}, fmt.Errorf("version: found %d, allowed 1", doc.Version)
	}
	return doc, nil
}
