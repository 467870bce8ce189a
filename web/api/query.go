package api

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// query reads the parameters of a request and keeps the first thing that is wrong with them.
type query struct {
	values url.Values
	err    error
}

// maxValue is the longest parameter in bytes.
const maxValue = 256

// newQuery refuses what cannot be read, parameters that are not known, and those that are given twice.
func newQuery(r *http.Request, known ...string) *query {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return &query{err: Refused("query", "query: it cannot be read: %v", err)}
	}
	q := &query{values: values}
	for name, v := range values {
		switch {
		case len(known) == 0:
			q.refuse("query: found %.50q, allowed is none here", name)
		case !slices.Contains(known, name):
			q.refuse("query: found %.50q, allowed are %s", name, strings.Join(known, ", "))
		case len(v) > 1:
			q.refuse("%s: found %d times, allowed once", name, len(v))
		case len(v[0]) > maxValue:
			q.refuse("%s: found %d bytes, allowed up to %d", name, len(v[0]), maxValue)
		}
	}
	return q
}

func (q *query) refuse(format string, args ...any) {
	if q.err == nil {
		q.err = Refused("query", format, args...)
	}
}

func (q *query) text(name string) string { return q.values.Get(name) }

func (q *query) number(name string, low, high, otherwise int) int {
	text := q.values.Get(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < low || n > high {
		q.refuse("%s: found %.50q, allowed are %d to %d", name, text, low, high)
		return otherwise
	}
	return n
}

func (q *query) time(name string) time.Time {
	text := q.values.Get(name)
	if text == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || t.Year() < firstYear || t.Year() > lastYear {
		q.refuse("%s: found %.50q, allowed is a time such as 2026-01-31T08:00:00Z, of the years %d to %d", name, text, firstYear, lastYear)
		return time.Time{}
	}
	return t
}

// Nanoseconds since 1970, in which signals count time, hold these years.
const (
	firstYear = 1970
	lastYear  = 2200
)

// stretch reads from and to.
func (q *query) stretch() (from, to time.Time) {
	from, to = q.time("from"), q.time("to")
	if !from.IsZero() && !to.IsZero() && !from.Before(to) {
		q.refuse("from and to: found %s and %s, from must be before to", q.text("from"), q.text("to"))
	}
	return from, to
}

func (q *query) word(name string, allowed ...string) string {
	text := q.values.Get(name)
	if text != "" && !slices.Contains(allowed, text) {
		q.refuse("%s: found %.50q, allowed are %s", name, text, strings.Join(allowed, ", "))
	}
	return text
}

// want reads a list of words; none is all of them.
func (q *query) want() Want {
	text := q.values.Get("want")
	if text == "" {
		return wantAll
	}
	var w Want
	for word := range strings.SplitSeq(text, ",") {
		i := slices.IndexFunc(wantNames, func(n struct {
			name string
			bit  Want
		}) bool {
			return n.name == word
		})
		if i < 0 {
			q.refuse("want: found %.50q, allowed are raw, conditioned, features, score and spectrogram, with commas between", word)
			return w
		}
		w |= wantNames[i].bit
	}
	return w
}
