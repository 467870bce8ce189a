package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Error is one mistake in a configuration file.
type Error struct {
	File    string
	Line    int    // 0 when the Config was not read from a file
	Key     string // dotted, as it would be written in TOML; empty for a mistake in the syntax before any key
	Found   string
	Allowed string
	Do      string // the next step, in the imperative
}

// Error gives file:line: key: found …; allowed: …; do: …
func (e *Error) Error() string {
	var b strings.Builder
	if e.File != "" {
		fmt.Fprintf(&b, "%s:%d: ", e.File, e.Line)
	}
	if e.Key != "" {
		fmt.Fprintf(&b, "%s: ", e.Key)
	}
	fmt.Fprintf(&b, "found %s; allowed: %s; do: %s", e.Found, e.Allowed, e.Do)
	return b.String()
}

// Errors are all the mistakes of one file, by line.
type Errors []*Error

// Error gives one mistake per line.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap lets errors.As find a single Error.
func (e Errors) Unwrap() []error {
	all := make([]error, len(e))
	for i, one := range e {
		all[i] = one
	}
	return all
}

// Under reports whether there is a mistake in a table or key, or in what is around it.
func (e Errors) Under(key ...string) bool {
	at := keyPath(key).String()
	return slices.ContainsFunc(e, func(one *Error) bool {
		return one.Key == at || strings.HasPrefix(one.Key, at+".") || one.Key != "" && strings.HasPrefix(at, one.Key+".")
	})
}

// Sorted sorts the mistakes by line.
func (e Errors) Sorted() Errors {
	slices.SortStableFunc(e, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Found, b.Found))
	})
	return e
}
