package config

import (
	"errors"
	"os"
	"slices"
)

// headsMost bounds the heads of a stream.
const headsMost = 16

// heads checks where the heads are kept. That a file is not there yet is no mistake, since `crackle train --labels` is to make it.
func (r *report) heads(s *Stream, at keyPath) {
	if len(s.Heads) > headsMost {
		r.add(at, "more than 16 files", "at most 16", "keep those whose answers are looked at")
		return
	}
	for i, path := range s.Heads {
		switch _, err := os.Stat(path); {
		case path == "":
			r.addItem(at, `""`, "files of heads", "write the file that `crackle train --labels` made")
		case slices.Contains(s.Heads[:i], path):
			r.addItem(at, literal(path)+" twice", "files that differ", "take one of them out")
		case errors.Is(err, os.ErrNotExist):
			r.warn(at, literal(path)+", which does not exist", "a file of a head", "make it with `crackle train --labels`, or correct the path; until then its answer is missing")
		}
	}
}
