package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"time"

	"github.com/alecthomas/kong"
)

// checked keeps the first error of what is printed, so that no command ends well whose output did not arrive.
type checked struct {
	io.Writer
	failed error
}

func (c *checked) Write(p []byte) (int, error) {
	n, err := c.Writer.Write(p)
	if c.failed == nil {
		c.failed = err
	}
	return n, err
}

// file is the file that is printed to, if it is one.
func (c console) file() (*os.File, bool) {
	w := c.out
	if p, ok := w.(*checked); ok {
		w = p.Writer
	}
	f, ok := w.(*os.File)
	return f, ok
}

// writable looks, before work that may take long, whether each file can be written that a command is to make; empty names are none. None of them may be
// one that the command reads. A file that is there stays as it is.
func writable(reads []string, writes ...string) error {
	for _, path := range writes {
		if path == "" {
			continue
		}
		there, err := os.Stat(path)
		switch {
		case errors.Is(err, os.ErrNotExist):
			f, err := os.CreateTemp(filepath.Dir(path), ".crackle-*")
			if err != nil {
				var at *os.PathError
				if errors.As(err, &at) {
					err = at.Err
				}
				return fmt.Errorf("%s cannot be written: folder %s: %w", path, filepath.Dir(path), err)
			}
			if err := errors.Join(f.Close(), os.Remove(f.Name())); err != nil {
				return err
			}
			continue
		case err != nil:
			return err
		case there.IsDir():
			return mistake{fmt.Errorf("%s cannot be written: it is a folder; name a file", path)}
		}
		if err := apart(reads, path); err != nil {
			return err
		}
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return fmt.Errorf("%s cannot be written: %w", path, err)
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return nil
}

// apart refuses to write over a file that the command reads.
func apart(reads []string, path string) error {
	there, err := os.Stat(path)
	if err != nil {
		return nil
	}
	for _, read := range reads {
		if r, err := os.Stat(read); err == nil && os.SameFile(r, there) {
			return mistake{fmt.Errorf("%s is to be read and to be written over; name another file to write", path)}
		}
	}
	return nil
}

// instants reads the times that flags name.
var instants = kong.TypeMapper(reflect.TypeFor[time.Time](), kong.MapperFunc(func(ctx *kong.DecodeContext, target reflect.Value) error {
	var text string
	if err := ctx.Scan.PopValueInto("time", &text); err != nil {
		return err
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return fmt.Errorf("found %q; allowed is a time with its zone, as 2026-01-31T08:00:00Z or 2026-01-31T09:00:00+01:00", text)
	}
	target.Set(reflect.ValueOf(t))
	return nil
}))

// span checks that a stretch of time does not end before it begins; a zero time is open.
func span(from, to time.Time) error {
	if !from.IsZero() && !to.IsZero() && !from.Before(to) {
		return mistake{fmt.Errorf("--from %s, --to %s: the end must be behind the beginning", from.Format(time.RFC3339Nano), to.Format(time.RFC3339Nano))}
	}
	return nil
}

// length writes a length of signal as people say it.
func length(seconds float64) string {
	switch {
	case seconds < 120:
		return fmt.Sprintf("%.3g s", seconds)
	case seconds < 7200:
		return fmt.Sprintf("%.3g min", seconds/60)
	case seconds < 2*86400:
		return fmt.Sprintf("%.3g h", seconds/3600)
	}
	return fmt.Sprintf("%.4g days", seconds/86400)
}
