package soak

import (
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The short form of `make soak`: the path under load and faults for 20 seconds.
func TestSoak(t *testing.T) {
	r, err := Run(t.Context(), Config{For: 20 * time.Second, Dir: t.TempDir(), Seed: 1, Version: "test", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	r.Print(&text)
	t.Log("\n" + text.String())
	if !r.OK {
		t.Error("it does not hold")
	}
	for _, s := range r.Streams {
		if s.Truth.Skipped == 0 || s.Truth.Invalid == 0 || s.Truth.Parts < 10 {
			t.Errorf("%s: not much of a soak: %+v", s.Stream, s.Truth)
		}
	}
}

// What grows is found, and what does not grow is not.
func TestCompare(t *testing.T) {
	flat := func(i int) Usage { return Usage{HeapMiB: 40, ResidentMiB: 90, Goroutines: 60, Files: 30} }
	for name, c := range map[string]struct {
		use  func(i int) Usage
		want string
	}{
		"flat":       {flat, ""},
		"memory":     {func(i int) Usage { u := flat(i); u.HeapMiB += 3 * float64(i); return u }, "memory in use"},
		"resident":   {func(i int) Usage { u := flat(i); u.ResidentMiB += 10 * float64(i); return u }, "resident memory"},
		"goroutines": {func(i int) Usage { u := flat(i); u.Goroutines += i; return u }, "goroutines"},
		"files":      {func(i int) Usage { u := flat(i); u.Files += i; return u }, "open files"},
		"warming up": {func(i int) Usage { u := flat(i); u.HeapMiB -= float64(max(0, 10-i)); return u }, ""},
		"not told":   {func(i int) Usage { u := flat(i); u.Files, u.ResidentMiB = -1, -1; return u }, ""},
	} {
		var all []Usage
		for i := range 40 {
			all = append(all, c.use(i))
		}
		_, _, grew := compare(all)
		got := ""
		if len(grew) > 0 {
			got = grew[0]
		}
		if got != c.want || len(grew) > 1 {
			t.Errorf("%s: %q grew, want %q", name, grew, c.want)
		}
	}
	if _, _, grew := compare(nil); len(grew) == 0 {
		t.Error("nothing was looked at, and nothing said of it")
	}
}

// An account that is off by one sample is found.
func TestUnbalanced(t *testing.T) {
	balanced := func() *StreamReport {
		s := &StreamReport{Stream: "s", Truth: Truth{Sent: 100, Skipped: 5, Invalid: 2, Parts: 1, Publishers: 1}, Parts: 1}
		s.Counts.Received.Samples, s.Counts.Missing, s.Counts.Runs = 100, 5, 1
		s.Samples.Expected, s.Samples.Received, s.Samples.Missing, s.Samples.Invalid, s.Samples.Scored, s.Samples.Lost.Missing = 105, 100, 5, 2, 100, 5
		s.Windows.Scored = 3
		return s
	}
	for name, change := range map[string]func(*StreamReport){
		"": func(*StreamReport) {}, "received": func(s *StreamReport) { s.Counts.Received.Samples++ }, "missing": func(s *StreamReport) { s.Counts.Missing-- },
		"expected": func(s *StreamReport) { s.Samples.Expected++ }, "invalid": func(s *StreamReport) { s.Samples.Invalid++ }, "parts": func(s *StreamReport) { s.Parts++ },
		"runs": func(s *StreamReport) { s.Counts.Runs++ }, "scored": func(s *StreamReport) { s.Samples.Scored-- }, "no windows": func(s *StreamReport) { s.Windows.Scored = 0 },
	} {
		s, r := balanced(), &Report{OK: true}
		change(s)
		if r.stream(s); r.OK != (name == "") || s.Balanced != r.OK {
			t.Errorf("%q: %v", name, r.Problems)
		}
		r.Streams = append(r.Streams, *s)
		r.Print(io.Discard)
	}
}
