package app

import (
	"fmt"

	"crackle/cmd/crackle/config"
	"crackle/detector"
	"crackle/detector/ledger"
	"crackle/ingest/block"
	"crackle/window"
	"crackle/window/rate"
)

// Chain takes blocks of one stream to scores: the same for a live stream, a replay and a file, so that all three give the same bits.
// It is for one goroutine, and allocates nothing per block once warm.
type Chain struct {
	stream      string
	decimator   *rate.Decimator // nil: none
	factor      uint64          // publisher's samples to one of the conditioner's
	lower       func(*block.Block)
	failed      error // of the conditioner, under the decimator
	Conditioner *window.Conditioner
	detector    *detector.Detector // nil: no model in service
	lesson      *detector.Lesson   // not nil: windows are collected to learn from
	emit        func(*detector.Score)
	window      func(*window.Window) // the method value, bound once
	taps        []func(first uint64, rows []float32)
	masters     masters
	answers     answers
	slicer      *slicer // nil: parts are the publisher's
	account     *ledger.Account
	over        func(ledger.Part)
	recent      recent
	score       detector.Score
	shown       *window.Window // that emit is being told of
}

// NewChain makes the chain that a stream's configuration asks for, without a model: until Install, every window comes out as not assessed, for
// learning.
func NewChain(s *config.Stream, emit func(*detector.Score)) (*Chain, error) {
	c, err := window.New(s.Conditioning())
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", s.Name, err)
	}
	h := &Chain{stream: s.Name, Conditioner: c, emit: emit, over: func(ledger.Part) {}, factor: 1, masters: masters{names: s.Master.Parts},
		recent: recent{keep: s.Network.WarmupWindows + leadWindows}}
	h.window = h.onWindow
	h.slicer = newSlicer(s, h.take)
	c.Tap(h.tapped)
	if h.account, err = ledger.New(s.Account()); err != nil {
		return nil, err
	}
	if s.Decimate > 1 {
		if h.decimator, err = rate.NewDecimator(rate.DecimatorConfig{Factor: s.Decimate, Channels: len(s.Channels)}); err != nil {
			return nil, fmt.Errorf("stream %s: %w", s.Name, err)
		}
		h.factor = uint64(s.Decimate)
		h.lower = func(b *block.Block) {
			if err := h.Conditioner.Push(b, h.window); err != nil {
				h.failed = err
			}
		}
	}
	return h, nil
}

// Install puts a model in service from the next window on. Windows that the chain has seen before lead it in, so that it need not warm up anew.
func (h *Chain) Install(m *detector.Model) error {
	d, err := detector.New(detector.Config{Stream: h.stream, Model: m})
	if err != nil {
		return err
	}
	h.recent.lead(d)
	h.detector, h.lesson = d, nil
	return nil
}

// Model is the one in service, or nil.
func (h *Chain) Model() *detector.Model {
	if h.detector == nil {
		return nil
	}
	return h.detector.Model()
}

// Collect has every window added to l, until Install.
func (h *Chain) Collect(l *detector.Lesson) { h.lesson = l }

// Tap has f called, too, with every stretch of conditioned rows, as window.Conditioner.Tap says.
func (h *Chain) Tap(f func(first uint64, rows []float32)) { h.taps = append(h.taps, f) }

func (h *Chain) tapped(first uint64, rows []float32) {
	for _, f := range h.taps {
		f(first, rows)
	}
}

// Window is the one that emit is being told of, valid until it returns. Its features are in the order of Conditioner.Features, none for the mark
// that closes a part.
func (h *Chain) Window() *window.Window { return h.shown }

// OnPart has f called with the account of each part that is over, after the scores of its windows.
func (h *Chain) OnPart(f func(ledger.Part)) { h.over = f }

// Push takes the next block; emit is called for each window it completes, and then OnPart's function for the parts that it ended, before Push
// returns. Where the index goes back within a run, a receiver has taken it up anew behind a false jump: what was before is ended.
func (h *Chain) Push(b *block.Block) error {
	if h.account.Back(b) {
		h.End() // or the conditioner would take the rest of the run for what it had before
	}
	if h.slicer != nil {
		end, known := h.account.Reached(b.Run)
		return h.slicer.cut(b, end, known)
	}
	return h.take(b)
}

// take books and conditions a block, which is of one part.
func (h *Chain) take(b *block.Block) error {
	h.account.Block(b)
	err := h.push(b)
	h.account.Settle(h.over)
	return err
}

func (h *Chain) push(b *block.Block) error {
	if h.decimator == nil {
		return h.Conditioner.Push(b, h.window)
	}
	h.failed = nil
	if err := h.decimator.Push(b, h.lower); err != nil {
		return err
	}
	return h.failed
}

// End tells that no further block of this run will come, as at the end of a file.
func (h *Chain) End() {
	if h.decimator != nil {
		h.decimator.Flush(h.lower)
	}
	h.Conditioner.End(h.window)
	h.account.Finish(h.over)
}

// Cut is End in the middle of a run: the stream goes on with another chain, and the part under way is not assessed.
func (h *Chain) Cut() {
	h.account.Cut()
	h.End()
}

func (h *Chain) onWindow(w *window.Window) {
	switch {
	case h.Refers(w.Part):
		h.refer(w)
	case h.detector != nil:
		h.detector.Score(&h.score, w)
	default:
		if h.lesson != nil {
			h.lesson.Add(w)
		}
		detector.Unscored(&h.score, h.stream, w, detector.Learning)
	}
	if !h.Refers(w.Part) {
		h.recent.note(w)
	}
	h.gather(w)
	h.shown = w
	h.score.First *= h.factor // scores speak in the publisher's samples
	h.score.End *= h.factor
	h.account.Skipped(h.Conditioner.Counts().Skipped)
	h.account.Add(&h.score)
	h.emit(&h.score)
}
