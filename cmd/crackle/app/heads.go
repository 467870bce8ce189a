package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"

	"crackle/cmd/crackle/config"
	"crackle/detector"
	"crackle/detector/head"
	"crackle/detector/ledger"
	"crackle/window"
)

// LoadHead reads a head and makes sure that it was learnt on the stream, or on the one that model_stream names, with the stream's own conditioning.
func LoadHead(path string, s *config.Stream) (*head.Head, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("there is no head %s; make one with `crackle train --labels FILE.csv --target NAME`", path)
	}
	if err != nil {
		return nil, err
	}
	h, err := head.Parse(b)
	if err != nil {
		return nil, fmt.Errorf("head %s: %w", path, err)
	}
	if !s.Takes(h.Stream) {
		return nil, fmt.Errorf("head %s was learnt on stream %s, not on %s: learn one on it, or set model_stream when the two are alike", path, h.Stream, s.Name)
	}
	m := detector.Model{Meta: detector.Meta{Conditioning: h.Conditioning}}
	differences, err := m.Contradictions(json.RawMessage(s.Fingerprint()))
	if err != nil {
		return nil, fmt.Errorf("head %s: %w", path, err)
	}
	if len(differences) > 0 {
		return nil, fmt.Errorf("head %s was learnt with another conditioning: %s; set the stream's keys as it has them, or learn anew", path, strings.Join(differences, "; "))
	}
	return h, nil
}

// mostRows bounds the windows of a part that are remembered for its heads.
const mostRows = 20_000

// answers lets heads answer for the parts of a chain.
type answers struct {
	heads  []*head.Head
	broken []ledger.Estimate // of heads that cannot be used, with the reason
	cur    gathered
	last   gathered // the one before, which may not have been asked for yet
}

// gathered are the windows of a part.
type gathered struct {
	run, first uint64 // of its first window, in the publisher's samples
	part       string
	over       bool
	width      int
	flat       []float32 // [windows][width]
	lost       int       // windows beyond mostRows
	torn       bool      // its beginning was too much for a checkpoint
}

// Answer has heads answer for every named part, from the next one on. A head that cannot be used answers that, and is returned as an error.
func (h *Chain) Answer(s *config.Stream) error {
	var errs []error
	for _, path := range s.Heads {
		a, err := LoadHead(path, s)
		if err != nil {
			errs = append(errs, err)
			nan := ledger.Value(math.NaN())
			h.answers.broken = append(h.answers.broken, ledger.Estimate{Target: path, Value: nan, Low: nan, High: nan, Reason: err.Error()})
			continue
		}
		h.answers.heads = append(h.answers.heads, a)
	}
	return errors.Join(errs...)
}

// gather remembers a window for the heads. It allocates nothing once it has seen a part as long.
func (h *Chain) gather(w *window.Window) {
	a := &h.answers
	if len(a.heads) == 0 || w.Part == "" {
		return
	}
	if g := &a.cur; g.over || g.run != w.Run || g.part != w.Part {
		a.cur, a.last = a.last, a.cur
		a.cur = gathered{run: w.Run, part: w.Part, first: w.First * h.factor, flat: a.cur.flat[:0]}
	}
	g := &a.cur
	g.over = w.PartEnd
	if len(w.Features) == 0 || w.Defects&^window.Bridged != 0 {
		return
	}
	if g.width = len(w.Features); len(g.flat) >= mostRows*g.width {
		g.lost++
		return
	}
	g.flat = append(g.flat, w.Features...)
}

// Estimates are what the heads answer for a part that is over.
func (h *Chain) Estimates(p *ledger.Part) []ledger.Estimate {
	a := &h.answers
	if len(a.heads)+len(a.broken) == 0 || p.Part == "" || h.Refers(p.Part) {
		return nil
	}
	out := append([]ledger.Estimate(nil), a.broken...)
	g := &a.cur
	if a.last.is(p) {
		g = &a.last
	}
	var rows [][]float32
	for i := 0; g.is(p) && g.width > 0 && i < len(g.flat); i += g.width {
		rows = append(rows, g.flat[i:i+g.width])
	}
	why := ""
	switch {
	case p.Flags&(ledger.BeginUnseen|ledger.EndUnseen) != 0:
		why = "the part was not seen whole"
	case g.is(p) && g.torn:
		why = "the program was started anew in the middle of the part, which is too long to be kept"
	case len(rows) == 0 || float64(len(rows)) < p.Needed*float64(p.Windows.Total+p.Windows.Skipped):
		why = "too many of the part's windows have a defect, or were not seen"
	case g.lost > 0:
		why = fmt.Sprintf("the part has more than %d windows", mostRows)
	}
	for _, x := range a.heads {
		out = append(out, estimate(x, rows, why))
	}
	return out
}

// forget drops the windows of the parts under way.
func (a *answers) forget() { a.cur, a.last = gathered{}, gathered{} }

func (g *gathered) is(p *ledger.Part) bool {
	return g.part == p.Part && g.run == p.Run && g.first >= p.First && g.first <= p.End
}

func estimate(h *head.Head, rows [][]float32, why string) ledger.Estimate {
	nan := ledger.Value(math.NaN())
	out := ledger.Estimate{Target: h.Target, Unit: h.Unit, Value: nan, Low: nan, High: nan, Coverage: h.Coverage, Reason: why}
	if why != "" {
		return out
	}
	e, err := h.Estimate(rows)
	if err != nil {
		out.Reason = err.Error()
		return out
	}
	out.Beyond = e.Beyond
	if out.Class, out.Set = e.Class, e.Set; e.Class == "" {
		out.Value, out.Low, out.High = ledger.Value(e.Value), ledger.Value(e.Low), ledger.Value(e.High)
	}
	return out
}
