package suite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path"
	"slices"
	"strings"
	"time"
)

// Missing is a file that has no full part in the figures, and why.
type Missing struct {
	File, Why string
}

// find lists files of the tree, sorted, whose name fits the pattern. Folders and files that begin with a dot, or that an archive made for the
// system it comes from, are none.
func find(root fs.FS, pattern string) ([]string, error) {
	var found []string
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		base := path.Base(name)
		switch {
		case err != nil:
			return fmt.Errorf("%s: %w", name, err)
		case name != "." && (strings.HasPrefix(base, ".") || base == "__MACOSX"):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir():
			return nil
		}
		fits, err := path.Match(pattern, base)
		if fits {
			found = append(found, name)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("no file is named as %s: name the benchmark's folder", pattern)
	}
	slices.Sort(found)
	return found, nil
}

// scored calls do for each file on all cores, and gives what was made of those that could be read, in order, and the others with the reason.
// It fails when none could be, and when ctx ends.
func scored[R any](ctx context.Context, names []string, do func(name string) (R, error)) (made []R, left []Missing, err error) {
	all, errs := make([]R, len(names)), make([]error, len(names))
	if err := each(ctx, len(names), func(i int) error {
		all[i], errs[i] = do(names[i])
		return nil
	}); err != nil {
		return nil, nil, err
	}
	for i, err := range errs {
		if err != nil {
			left = append(left, Missing{names[i], err.Error()})
			continue
		}
		made = append(made, all[i])
	}
	if len(made) == 0 {
		return nil, nil, errors.Join(errs...)
	}
	return made, left, nil
}

// whole are rows without those in which a value is missing.
func whole(rows [][]float64) [][]float64 {
	if !slices.ContainsFunc(rows, torn) {
		return rows
	}
	return slices.DeleteFunc(slices.Clone(rows), torn)
}

// torn tells whether a value of a row is missing.
func torn(row []float64) bool { return slices.ContainsFunc(row, math.IsNaN) }

// silent is what a detector that could not learn says of rows: nothing.
func silent(rows int) []float64 {
	out := make([]float64, rows)
	for i := range out {
		out[i] = math.NaN()
	}
	return out
}

// stampLayouts are those in which benchmarks write times; a fraction of a second may follow.
var stampLayouts = []string{time.DateTime, "2006-01-02T15:04:05", time.RFC3339, "2006-01-02 15:04", "2006/01/02 15:04:05"}

// stamp parses a time; row counts from 1 as an editor does.
func stamp(name string, row int, cell string) (time.Time, error) {
	cell = strings.TrimSpace(cell)
	for _, layout := range stampLayouts {
		if t, err := time.Parse(layout, cell); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%s, line %d: %q is not a time such as 2014-04-02 14:29:00", name, row, cell)
}
