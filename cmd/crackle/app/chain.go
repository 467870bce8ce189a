package app

import (
	"crackle/detector"
	"crackle/ingest/block"
	"crackle/window"
)

// Chain takes blocks of one stream to scores: the same for a live stream, a replay and a file, so that all three give the same bits.
// It is for one goroutine, and allocates nothing per block once warm.
type Chain struct {
	stream      string
	Conditioner *window.Conditioner
	detector    *detector.Detector // nil: no model in service
	lesson      *detector.Lesson   // not nil: windows are collected to learn from
	emit        func(*detector.Score)
	window      func(*window.Window) // the method value, bound once
	score       detector.Score
}

// NewChain makes a chain without a model: until Install, every window comes out as not assessed, for learning.
func NewChain(stream string, cfg window.Config, emit func(*detector.Score)) (*Chain, error) {
	c, err := window.New(cfg)
	if err != nil {
		return nil, err
	}
	h := &Chain{stream: stream, Conditioner: c, emit: emit}
	h.window = h.onWindow
	return h, nil
}

// Install puts a model in service from the next window on.
func (h *Chain) Install(m *detector.Model) error {
	d, err := detector.New(detector.Config{Stream: h.stream, Model: m})
	if err != nil {
		return err
	}
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

// Push takes the next block; emit is called for each window it completes, before Push returns.
func (h *Chain) Push(b *block.Block) error { return h.Conditioner.Push(b, h.window) }

// End tells that no further block of this run will come, as at the end of a file.
func (h *Chain) End() { h.Conditioner.End(h.window) }

func (h *Chain) onWindow(w *window.Window) {
	if h.detector != nil {
		h.detector.Score(&h.score, w)
	} else {
		if h.lesson != nil {
			h.lesson.Add(w)
		}
		detector.Unscored(&h.score, h.stream, w, detector.Learning)
	}
	h.emit(&h.score)
}
