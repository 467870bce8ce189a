package soak

import (
	"fmt"
	"io"
	"text/tabwriter"

	"crackle/cmd/crackle/app"
	"crackle/detector"
	"crackle/detector/ledger"
	"crackle/ingest"
)

// Report is what came of a run.
type Report struct {
	OK       bool           `json:"ok"`
	Problems []string       `json:"problems"` // what does not hold
	Seconds  float64        `json:"seconds"`
	Version  string         `json:"version"`
	Streams  []StreamReport `json:"streams"`
	Before   Usage          `json:"before"` // mean of the second quarter
	After    Usage          `json:"after"`  // mean of the last quarter
	Looks    []Usage        `json:"looks"`
	Alarms   map[string]int `json:"alarms"` // raised, by kind
}

// StreamReport holds what was done on a stream beside what the program says of it.
type StreamReport struct {
	Stream   string         `json:"stream"`
	Truth    Truth          `json:"truth"`
	Counts   ingest.Counts  `json:"counts"`
	Parts    uint64         `json:"parts"`
	Samples  ledger.Samples `json:"samples"` // of all parts
	Windows  ledger.Windows `json:"windows"`
	Verdicts map[string]int `json:"verdicts"`
	Balanced bool           `json:"balanced"`
}

func (r *Report) problem(format string, args ...any) {
	r.OK = false
	r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
}

// stream holds a stream's truth against the receiver's counts and the parts' accounts.
func (r *Report) stream(s *StreamReport) {
	t, c, p, bad := &s.Truth, &s.Counts, &s.Samples, len(r.Problems)
	same := func(what string, got, want uint64) {
		if got != want {
			r.problem("%s: %s: %d, and %d were", s.Stream, what, got, want)
		}
	}
	same("samples received", c.Received.Samples, t.Sent+t.Twice)
	same("samples missing, by the receiver", c.Missing, t.Skipped)
	same("samples that came again", c.Duplicated.Samples, t.Twice)
	if c.Reordered.Samples < t.Swapped { // a store that is slow to take a message has it sent again, behind others
		same("samples put in order", c.Reordered.Samples, t.Swapped)
	}
	same("messages that cannot be read", c.MalformedTotal(), t.Malformed)
	same("samples late or stray", c.Late.Samples+c.Stray.Samples, 0)
	same("runs", c.Runs, t.Publishers)
	same("parts", s.Parts, t.Parts)
	same("samples expected, by the parts", p.Expected, t.Sent+t.Skipped)
	same("samples received, by the parts, and dropped", p.Received+c.Dropped.Samples, t.Sent)
	same("samples missing, by the parts", p.Missing, t.Skipped+c.Dropped.Samples)
	if c.Dropped.Samples == 0 {
		same("samples that are no numbers", p.Invalid, t.Invalid)
	}
	same("samples of which nothing became", p.Pending(), 0)
	if s.Windows.Scored == 0 {
		r.problem("%s: no window was scored", s.Stream)
	}
	s.Balanced = len(r.Problems) == bad
}

// part books a part that is over, and says what is wrong with its account.
func (s *StreamReport) part(p *ledger.Part, spoilt bool) (wrong string) {
	s.Parts++
	s.Samples.Add(&p.Samples)
	s.Windows.Total += p.Windows.Total
	s.Windows.Scored += p.Windows.Scored
	s.Windows.Above += p.Windows.Above
	s.Verdicts[p.Verdict.String()]++
	switch {
	case p.Samples.Expected != p.Samples.Received+p.Samples.Missing || p.Samples.Pending() != 0:
		return fmt.Sprintf("%s: the account of %s does not add up: %+v", s.Stream, p.Part, p.Samples)
	case spoilt && p.Verdict == detector.OK:
		return fmt.Sprintf("%s: %s lost more than it may and is ok", s.Stream, p.Part)
	}
	return ""
}

// Print writes the report as tables.
func (r *Report) Print(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "%.0f s, %s\n\n", r.Seconds, r.Version)
	fmt.Fprintln(w, "stream\tparts\trestarts\tsent\tskipped\tinvalid\ttwice\tswapped\tmalformed\tscored\tok\talarm\tnot assessed\tbalance\t")
	for i := range r.Streams {
		s := &r.Streams[i]
		balance := "to the sample"
		if !s.Balanced {
			balance = "OFF"
		}
		t := &s.Truth
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\t\n", s.Stream, s.Parts, t.Publishers-1, t.Sent, t.Skipped, t.Invalid, t.Twice, t.Swapped, t.Malformed,
			s.Samples.Scored, s.Verdicts[detector.OK.String()], s.Verdicts[detector.Alarm.String()], s.Verdicts[detector.NotAssessed.String()], balance)
	}
	fmt.Fprintln(w, "\n\tmemory in use, MiB\tresident, MiB\tgoroutines\topen files\t")
	for _, u := range []struct {
		when string
		Usage
	}{{"second quarter", r.Before}, {"last quarter", r.After}} {
		fmt.Fprintf(w, "%s\t%.1f\t%.1f\t%d\t%d\t\n", u.when, u.HeapMiB, u.ResidentMiB, u.Goroutines, u.Files)
	}
	w.Flush()
	if r.OK {
		fmt.Fprintln(out, "\nAll of it holds.")
		return
	}
	fmt.Fprintln(out, "\nDoes not hold:")
	for _, p := range r.Problems {
		fmt.Fprintln(out, " ", p)
	}
}

// counts are the receiver's, for the report.
func counts(a *app.App, stream string) ingest.Counts {
	c, _ := a.Counts(stream)
	return c
}
