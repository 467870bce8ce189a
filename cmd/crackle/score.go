package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"crackle/cmd/crackle/app"
	"crackle/cmd/crackle/config"
	"crackle/detector"
	"crackle/ingest/block"
	"crackle/ingest/file"
	"crackle/rnn/kernel"
	"crackle/web/hub"
	"crackle/window"
)

type scoreCmd struct {
	Files  []string `arg:"" name:"file" help:"Recording: CSV, plain or gzip. With --target any number."`
	Config string   `short:"c" required:"" placeholder:"FILE" help:"Configuration file with the stream."`
	Stream string   `short:"s" help:"Stream that the recording is of; may be left out when there is only one."`
	Model  string   `short:"m" placeholder:"FILE" help:"Model file. Default: the one in service at the crackle that runs, else the stream's."`
	Output string   `short:"o" placeholder:"FILE" help:"Where to write. Default: standard output."`
	JSON   bool     `name:"json" help:"Write one JSON document instead of CSV."`
	Target string   `placeholder:"NAME" help:"Say how large this is, or which class, as labels have taught (crackle train --labels), with a range or a set that holds the truth as often as stated."`
	Head   string   `placeholder:"FILE" help:"With --target: file of the head. Default: beside the stream's model."`
	Labels string   `placeholder:"FILE.csv" help:"With --target: what is true of specimens that were not learnt from; says how far off the answers are."`
	layout
}

func (c *scoreCmd) Run(con console) (err error) {
	if err := writable(append(slices.Clone(c.Files), c.Config, c.Model, c.Head, c.Labels), c.Output); err != nil {
		return err
	}
	cfg, s, err := subject(c.Config, c.Stream)
	if err != nil {
		return err
	}
	if c.Target != "" || c.Head != "" {
		return c.head(con, cfg, s)
	}
	if len(c.Files) != 1 || c.Labels != "" {
		return mistake{fmt.Errorf("%d recordings, --labels %q: without --target one recording is scored, and nothing is compared", len(c.Files), c.Labels)}
	}
	file := c.Files[0]
	m, err := modelOf(con, cfg, s, c.Model, "")
	if err != nil {
		return err
	}
	r, err := c.openFor(file, s)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	out := con.out
	if c.Output != "" {
		f, err := os.Create(c.Output)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		out = f
	}
	buffered := bufio.NewWriter(out)
	dated := !r.Info().Start.IsZero()
	var w scoreWriter
	if c.JSON {
		w = &jsonScores{w: buffered, dated: dated, head: jsonHead{Stream: s.Name, File: file, Model: m.Hash(), Kernel: kernel.Name(), Provisional: m.Provisional}}
	} else {
		w = newCSVScores(buffered, dated)
	}
	chain, err := app.NewChain(s, w.write)
	if err != nil {
		return err
	}
	if err := chain.Install(m); err != nil {
		return err
	}
	if err := pour(r, chain, newBar(con.err, file, r)); err != nil {
		return err
	}
	if n := chain.Conditioner.Counts(); n.Windows == 0 {
		fmt.Fprintf(con.err, "%s: no window to score: %s\n", file, noWindow(s, n, chain.Conditioner.Config().Length))
	}
	if err := w.close(); err != nil {
		return err
	}
	return buffered.Flush()
}

// noWindow says why a recording gave none.
func noWindow(s *config.Stream, n window.Counts, length int) string {
	why := fmt.Sprintf("it has %d samples per channel", n.Received)
	switch w := &s.Window; {
	case w.Cycle.On() && n.Skipped > 0:
		return why + fmt.Sprintf(", and %d cycles of %s that differ too much from nominal_hz = %g", n.Skipped, w.Cycle.Channel, w.Cycle.NominalHz)
	case w.Cycle.On():
		return why + fmt.Sprintf(", and %s passes no whole cycle", w.Cycle.Channel)
	case w.Event.On():
		return why + fmt.Sprintf(", and %s never reaches the threshold of %g, or not long enough before the end", w.Event.Channel, w.Event.Threshold)
	}
	return why + fmt.Sprintf(", a window needs %d", length)
}

// taker takes the blocks of a recording, and its end.
type taker interface {
	Push(*block.Block) error
	End()
}

// pour sends a whole recording through a chain.
func pour(r file.Reader, chain taker, b *bar) error {
	defer b.finish()
	var blk block.Block
	for {
		err := r.Read(&blk)
		if errors.Is(err, io.EOF) {
			chain.End()
			return nil
		}
		if err != nil {
			return err
		}
		if err := chain.Push(&blk); err != nil {
			return err
		}
		b.update()
	}
}

// scoreWriter writes scores; the mark that closes a part is left out.
type scoreWriter interface {
	write(*detector.Score)
	close() error
}

type csvScores struct {
	w     *csv.Writer
	dated bool // the recording tells its time
	row   []string
}

func newCSVScores(w io.Writer, dated bool) *csvScores {
	c := &csvScores{w: csv.NewWriter(w), dated: dated}
	c.err(c.w.Write([]string{"first", "end", "time", "part", "lot", "score", "limit", "verdict", "reasons", "feature", "got", "expected", "share"}))
	return c
}

// err is left to the csv.Writer, which keeps the first.
func (c *csvScores) err(error) {}

func (c *csvScores) write(s *detector.Score) {
	if s.First == s.End {
		return
	}
	top := s.Top[0]
	feature, got, expected, share := "", "", "", ""
	if top.Share > 0 {
		feature, got, expected, share = top.Name, number(top.Got), number(top.Expected), number(top.Share)
	}
	c.row = append(c.row[:0], strconv.FormatUint(s.First, 10), strconv.FormatUint(s.End, 10), stamp(s.TimeNS, c.dated), s.Part, s.Lot,
		number(s.Value), number(s.Limit), s.Verdict.String(), strings.Join(hub.Words(s.Reason), "; "), feature, got, expected, share)
	c.err(c.w.Write(c.row))
}

func (c *csvScores) close() error {
	c.w.Flush()
	return c.w.Error()
}

// number gives the shortest text that reads back to the same bits; NaN is an empty cell.
func number(v float64) string {
	if math.IsNaN(v) {
		return ""
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// stamp is empty for a recording that does not tell its time.
func stamp(ns int64, dated bool) string {
	if !dated {
		return ""
	}
	return time.Unix(0, ns).UTC().Format(time.RFC3339Nano)
}

type jsonHead struct {
	Stream      string `json:"stream"`
	File        string `json:"file"`
	Model       string `json:"model"`
	Kernel      string `json:"kernel"`
	Provisional string `json:"limit_provisional,omitempty"`
}

type jsonScores struct {
	w     io.Writer
	dated bool // the recording tells its time
	head  jsonHead
	n     int
	bad   error
}

type jsonScore struct {
	First    uint64   `json:"first"`
	End      uint64   `json:"end"`
	Time     string   `json:"time,omitempty"`
	Part     string   `json:"part,omitempty"`
	Lot      string   `json:"lot,omitempty"`
	Score    *float64 `json:"score"`
	Limit    *float64 `json:"limit"`
	Verdict  string   `json:"verdict"`
	Reasons  []string `json:"reasons"`
	Feature  string   `json:"feature,omitempty"`
	Got      *float64 `json:"got,omitempty"`
	Expected *float64 `json:"expected,omitempty"`
	Share    *float64 `json:"share,omitempty"`
}

func (j *jsonScores) write(s *detector.Score) {
	if s.First == s.End || j.bad != nil {
		return
	}
	row := jsonScore{
		First: s.First, End: s.End, Time: stamp(s.TimeNS, j.dated), Part: s.Part, Lot: s.Lot, Score: orNull(s.Value), Limit: orNull(s.Limit),
		Verdict: s.Verdict.String(), Reasons: hub.Words(s.Reason),
	}
	if top := s.Top[0]; top.Share > 0 {
		row.Feature, row.Got, row.Expected, row.Share = top.Name, orNull(top.Got), orNull(top.Expected), orNull(top.Share)
	}
	lead := ",\n "
	if j.n == 0 {
		lead = j.open() + "\n "
	}
	j.n++
	b, err := json.Marshal(row)
	if err == nil {
		_, err = fmt.Fprintf(j.w, "%s%s", lead, b)
	}
	j.bad = err
}

// open is the document up to its list of scores.
func (j *jsonScores) open() string {
	b, err := json.Marshal(j.head)
	if err != nil {
		j.bad = err
	}
	return strings.TrimSuffix(string(b), "}") + `,"scores":[`
}

func (j *jsonScores) close() error {
	if j.bad == nil {
		lead := ""
		if j.n == 0 {
			lead = j.open()
		}
		_, j.bad = fmt.Fprintf(j.w, "%s]}\n", lead)
	}
	return j.bad
}

func orNull(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}
