package app

import (
	"crackle/detector"
	"crackle/window"
)

// maxRecent bounds the numbers that a chain remembers to lead a model in.
const maxRecent = 1 << 20

// recent remembers the windows that a model which is exchanged is led in with, so that it goes on in the middle of a part.
type recent struct {
	windows  []window.Window // a ring; each with its own piece of features
	features []float32
	keep     int
	next     int // where the next one goes
	have     int
}

// note copies a window. It allocates nothing once warm.
func (r *recent) note(w *window.Window) {
	if r.windows == nil {
		if len(w.Features) == 0 {
			return
		}
		r.keep = max(1, min(r.keep, maxRecent/len(w.Features)))
		r.windows, r.features = make([]window.Window, r.keep), make([]float32, r.keep*len(w.Features))
	}
	n := len(r.features) / r.keep
	own := r.features[r.next*n : r.next*n+min(n, len(w.Features))]
	copy(own, w.Features)
	r.windows[r.next] = *w
	r.windows[r.next].Features = own
	r.next = (r.next + 1) % r.keep
	r.have = min(r.have+1, r.keep)
}

// lead runs a detector over what is remembered, oldest first. The first of them is fresh: what was before it is not known.
func (r *recent) lead(d *detector.Detector) {
	var score detector.Score
	for i := range r.have {
		w := r.windows[(r.next+r.keep-r.have+i)%r.keep]
		w.Fresh = w.Fresh || i == 0
		d.Score(&score, &w)
	}
}
