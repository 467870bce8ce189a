package config

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// report collects the mistakes of one file. Its methods that check a value add a mistake when the value is not allowed.
type report struct {
	file  string
	lines positions         // nil when the Config was not read from a file
	refs  map[string]string // strings that hold references, as written, by key id: what a reference stands for is never printed
	bad   map[string]bool   // keys that already have a mistake, by id
	errs  Errors
	said  map[Error]bool // what is in errs
	warns Errors

	sets    map[string]FeatureSet // of the file
	setBad  map[string]bool       // set\x00entry: entries of a set that are wrong in any stream
	partial map[string]bool       // lists of which items could not be read, by key id
	opaque  map[string]bool       // tables of which nothing is to be said, by key id

	// fragment says that parts of the file could not be read, so that a key that seems to be missing may not be.
	fragment bool
}

func newReport(file string) *report {
	return &report{file: file, refs: map[string]string{}, bad: map[string]bool{}, said: map[Error]bool{}, partial: map[string]bool{}, opaque: map[string]bool{}}
}

// add notes a mistake. Only the first one of a key is kept: the others follow from it.
func (r *report) add(at keyPath, found, allowed, do string) {
	if r.bad[at.id()] {
		return
	}
	r.bad[at.id()] = true
	e := r.at(at, found, allowed, do)
	if !r.said[*e] { // two items of a list may have the same one
		r.said[*e] = true
		r.errs = append(r.errs, e)
	}
}

func (r *report) at(at keyPath, found, allowed, do string) *Error {
	e := &Error{File: r.file, Key: at.String(), Found: found, Allowed: allowed, Do: do}
	if r.lines != nil {
		e.Line = r.lines.line(at)
	}
	return e
}

// warn notes what is no mistake in the file but wants doing.
func (r *report) warn(at keyPath, found, allowed, do string) {
	r.warns = append(r.warns, r.at(at, found, allowed, do))
}

// addItem notes a mistake in one item of a list: each item may have one.
func (r *report) addItem(at keyPath, found, allowed, do string) {
	delete(r.bad, at.id())
	r.add(at, found, allowed, do)
}

// missing notes that a key without a default is not set.
func (r *report) missing(at keyPath, allowed, do string) {
	if !r.fragment {
		r.add(at, "nothing", allowed, do)
	}
}

// written reports whether the file itself sets the key.
func (r *report) written(at keyPath) bool {
	_, ok := r.lines[at.id()]
	return ok
}

// good reports whether none of the keys of a table has a mistake yet.
func (r *report) good(table keyPath, keys ...string) bool {
	for _, k := range keys {
		if r.bad[table.with(k).id()] {
			return false
		}
	}
	return true
}

// show prints the value of a key as it would be written in TOML, or the reference that stands for it.
func (r *report) show(at keyPath, v any) string {
	if ref, ok := r.refs[at.id()]; ok {
		return literal(ref) + " (a reference; its value is not shown)"
	}
	return literal(v)
}

// literal prints a value as TOML, cut to a readable length.
func literal(v any) string {
	const most = 60
	switch v := v.(type) {
	case string:
		if r := []rune(v); len(r) > most {
			return strconv.Quote(string(r[:most])) + "…"
		}
		return strconv.Quote(v)
	case []string:
		parts := make([]string, len(v))
		for i, s := range v {
			parts[i] = literal(s)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case float64:
		return number(v)
	}
	return fmt.Sprint(v)
}

func number(v float64) string {
	if math.Abs(v) < 1e15 && v == math.Trunc(v) {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// oneOf checks a word.
func (r *report) oneOf(at keyPath, got string, allowed ...string) {
	if !slices.Contains(allowed, got) {
		r.wrongWord(at, got, allowed)
	}
}

// wrongWord notes a word that is not one of those allowed.
func (r *report) wrongWord(at keyPath, got string, allowed []string) {
	do := "choose one of them"
	if near := nearest(got, allowed); near != "" {
		do = "write " + strconv.Quote(near) + ", if that is what is meant, or another of them"
	}
	r.add(at, r.show(at, got), alternatives(allowed), do)
}

// alternatives prints "a", "b" or "c".
func alternatives(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = strconv.Quote(w)
	}
	if len(quoted) == 1 {
		return quoted[0]
	}
	last := len(quoted) - 1
	return strings.Join(quoted[:last], ", ") + " or " + quoted[last]
}

// between checks a number, both ends included.
func (r *report) between(at keyPath, got, low, high float64, unit, do string) {
	if !(got >= low && got <= high) { // so that NaN is refused
		r.add(at, r.show(at, got), fmt.Sprintf("%s to %s%s", number(low), number(high), unit), do)
	}
}

// above checks a number, low excluded.
func (r *report) above(at keyPath, got, low float64, unit, do string) {
	if !(got > low) || math.IsInf(got, 0) {
		r.add(at, r.show(at, got), fmt.Sprintf("a finite number above %s%s", number(low), unit), do)
	}
}

// atLeast checks a number, low included.
func (r *report) atLeast(at keyPath, got, low float64, unit, do string) {
	if !(got >= low) || math.IsInf(got, 0) {
		r.add(at, r.show(at, got), fmt.Sprintf("a finite number of at least %s%s", number(low), unit), do)
	}
}

// count checks a whole number, both ends included.
func (r *report) count(at keyPath, got, low, high int, do string) {
	if got < low || got > high {
		r.add(at, r.show(at, got), fmt.Sprintf("a whole number from %d to %d", low, high), do)
	}
}

// nearest finds the word that got is most likely a slip of the pen for, or "".
func nearest(got string, words []string) string {
	best, least := "", len(got)/3+2
	for _, w := range words {
		if d := distance(strings.ToLower(got), w); d < least && d < len(w) {
			best, least = w, d
		}
	}
	return best
}

// distance is the number of letters to insert, delete, replace or swap with their neighbour to turn a into b
// (the optimal string alignment distance).
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			d := min(change, rows[i-1][j]+1, rows[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, rows[i-2][j-2]+1)
			}
			rows[i][j] = d
		}
	}
	return rows[len(a)][len(b)]
}
