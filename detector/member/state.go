package member

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"crackle/rnn"
)

// The past of a Watch, so that a checkpoint can go on where it stood, to the bit. It fits only a Watch with the same lesson and rules.

const stateVersion = 1

// errState is what a state that does not fit comes down to.
var errState = errors.New("the state is not of this member: start it fresh")

type stateWriter struct{ b []byte }

func (w *stateWriter) number(v float64) {
	w.b = binary.LittleEndian.AppendUint64(w.b, math.Float64bits(v))
}
func (w *stateWriter) count(n int) { w.b = binary.LittleEndian.AppendUint64(w.b, uint64(n)) }
func (w *stateWriter) flag(v bool) {
	n := 0
	if v {
		n = 1
	}
	w.count(n)
}
func (w *stateWriter) row(x []float64) {
	for _, v := range x {
		w.number(v)
	}
}

func (w *stateWriter) network(s *rnn.State) { w.b, _ = s.AppendBinary(w.b) } // never fails

// stateReader gives zeros once it has failed.
type stateReader struct {
	b   []byte
	bad bool
}

func (r *stateReader) word() uint64 {
	if len(r.b) < 8 {
		r.bad = true
		return 0
	}
	v := binary.LittleEndian.Uint64(r.b)
	r.b = r.b[8:]
	return v
}
func (r *stateReader) number() float64 {
	v := math.Float64frombits(r.word())
	r.bad = r.bad || math.IsNaN(v) || math.IsInf(v, 0)
	return v
}
func (r *stateReader) count(most int) int {
	v := r.word()
	if v > uint64(most) {
		r.bad = true
		return 0
	}
	return int(v)
}
func (r *stateReader) flag() bool { return r.count(1) == 1 }
func (r *stateReader) row(x []float64) {
	for j := range x {
		x[j] = r.number()
	}
}

func (r *stateReader) network(s *rnn.State) {
	n := s.Size()
	if len(r.b) < n || s.UnmarshalBinary(r.b[:n]) != nil {
		r.bad = true
		return
	}
	for _, v := range append(s.Hidden(), s.Cell()...) {
		r.bad = r.bad || v != v
	}
	r.b = r.b[n:]
}

func (l *Level) writeState(w *stateWriter) {
	w.row(l.mean)
	w.row(l.base)
	w.flag(l.held)
	w.number(l.peak)
	w.row(l.direction)
	if l.onward != nil {
		l.onward.writeState(w)
	}
}

func (l *Level) readState(r *stateReader) {
	r.row(l.mean)
	r.row(l.base)
	l.held = r.flag()
	l.peak = r.number()
	r.row(l.direction)
	if l.onward != nil {
		l.onward.readState(r)
	}
}

func (s *Shift) writeState(w *stateWriter) {
	w.count(s.at)
	w.count(s.seen)
	for _, x := range s.ring {
		w.row(x)
	}
}

func (s *Shift) readState(r *stateReader) {
	s.at, s.seen = r.count(len(s.ring)-1), r.count(len(s.ring))
	for _, x := range s.ring {
		r.row(x)
	}
}

func (t *texture) writeState(w *stateWriter) {
	w.count(t.at)
	w.count(t.seen)
	w.row(t.last)
	for _, x := range t.ring {
		w.row(x)
	}
}

func (t *texture) readState(r *stateReader) {
	t.at, t.seen = r.count(spreadRows-1), r.count(spreadRows+1)
	r.row(t.last)
	for _, x := range t.ring {
		r.row(x)
	}
	t.sort()
}

// AppendBinary appends the past of the Watch to b.
func (w *Watch) AppendBinary(b []byte) ([]byte, error) {
	s := &stateWriter{b}
	s.count(stateVersion)
	s.count(len(w.level.base))
	s.flag(w.spread != nil)
	w.level.writeState(s)
	w.shift.writeState(s)
	if w.spread != nil {
		w.spread.turn.writeState(s)
		w.spread.level.writeState(s)
	}
	s.flag(w.changing)
	s.count(w.since)
	return w.episode.AppendBinary(s.b)
}

// MarshalBinary is AppendBinary into a new slice.
func (w *Watch) MarshalBinary() ([]byte, error) { return w.AppendBinary(nil) }

// UnmarshalBinary takes a past that AppendBinary wrote. On an error the Watch is reset.
func (w *Watch) UnmarshalBinary(b []byte) error {
	r := &stateReader{b: b}
	if v, d, spread := r.count(math.MaxInt32), r.count(mostChannels), r.flag(); r.bad || v != stateVersion || d != len(w.level.base) || spread != (w.spread != nil) {
		w.Reset()
		return fmt.Errorf("member watch: version %d, %d channels, spread %v; this one has version %d, %d and %v: %w", v, d, spread, stateVersion, len(w.level.base), w.spread != nil, errState)
	}
	w.level.readState(r)
	w.shift.readState(r)
	if w.spread != nil {
		w.spread.turn.readState(r)
		w.spread.level.readState(r)
	}
	w.changing = r.flag()
	w.since = r.count(w.cfg.Rest)
	if r.bad {
		w.Reset()
		return fmt.Errorf("member watch: cut off or not finite: %w", errState)
	}
	if err := w.episode.UnmarshalBinary(r.b); err != nil {
		w.Reset()
		return fmt.Errorf("member watch: %w", err)
	}
	return nil
}
