package evidence

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"crackle/alert"
	"crackle/detector"
	"crackle/ingest/block"
)

const (
	marks      = 16 // saved states that a recorder remembers
	pendingMax = 16
)

// Config of a Recorder. Times default when zero.
type Config struct {
	Stream       string
	Channels     []string
	RateHz       float64
	Conditioned  float64       // rate of the conditioned signal, in Hz; 0: as RateHz
	Features     []Feature     // of each window, in order; Describe may fill in normal ranges
	Pre          time.Duration // of raw signal before the onset; default 2 s
	Post         time.Duration // after it; default 3 s
	Delay        time.Duration // longest time from the onset to Trigger: on-delay, windows and queues; default 5 s
	MaxBytes     int64         // of the two rings together; default 64 MiB. Less is remembered when it does not suffice
	Windows      int           // scored windows remembered; default 1024
	Describe     func(*Pack)   // fills in what the recorder does not know (program, kernel, hashes, ledger), on the goroutine that finishes the pack; may be nil
	Out          func(*Pack)   // takes a finished pack, on the same goroutine; neither may block or call the recorder
	now          func() time.Time
	framesAtMost int
}

// Recorder remembers the newest signal of one stream and makes the packs of its alarms. Mark, Push, PushConditioned, Window and Done, called for
// each block in this order, and Forget belong to the stream's goroutine and allocate nothing once warm; Trigger, Poll and Flush may be called from
// any.
type Recorder struct {
	cfg Config

	mu      sync.Mutex
	raw     *ring
	clean   *ring
	run     uint64 // of the newest block
	end     uint64 // one past its last sample
	done    bool   // it has been dealt with, so that its windows are here
	marks   [marks]mark
	nextAt  int    // mark to be overwritten next
	every   uint64 // samples between two marks
	windows []Window
	needs   []uint64 // of each window: one past the newest sample when it was scored
	oldest  int      // in windows, once full
	pending []capture
	missed  uint64
}

// mark is the state before a sample.
type mark struct {
	ok    bool
	run   uint64
	index uint64
	state []byte
}

type capture struct {
	alarm  alert.Alarm
	lo, hi uint64
	since  time.Time
}

// NewRecorder makes a recorder with all its memory, or reports every mistake in cfg, joined.
func NewRecorder(cfg Config) (*Recorder, error) {
	set := func(v *time.Duration, d time.Duration) {
		if *v == 0 {
			*v = d
		}
	}
	set(&cfg.Pre, 2*time.Second)
	set(&cfg.Post, 3*time.Second)
	set(&cfg.Delay, 5*time.Second)
	if cfg.MaxBytes == 0 {
		cfg.MaxBytes = 64 << 20
	}
	if cfg.Windows == 0 {
		cfg.Windows = 1024
	}
	if cfg.Conditioned == 0 {
		cfg.Conditioned = cfg.RateHz
	}
	if cfg.now == nil {
		cfg.now = time.Now
	}
	var errs []error
	if n := len(cfg.Channels); n < 1 || n > block.MaxChannels {
		errs = append(errs, fmt.Errorf("evidence: stream %q with %d channels; allowed are 1 to %d", cfg.Stream, n, block.MaxChannels))
	}
	if !(cfg.RateHz > 0 && cfg.Conditioned > 0) {
		errs = append(errs, fmt.Errorf("evidence: stream %q at %g Hz, conditioned %g Hz; allowed are rates above 0", cfg.Stream, cfg.RateHz, cfg.Conditioned))
	}
	if cfg.Pre < 0 || cfg.Post < 0 || cfg.Delay < 0 || cfg.MaxBytes < 1<<16 || cfg.Windows < 1 || len(cfg.Features) > maxColumns {
		errs = append(errs, fmt.Errorf("evidence: stream %q with %s before, %s after, delay %s, %d bytes, %d windows, %d features; allowed are positive times, 64 KiB or more, 1 window or more, up to %d features",
			cfg.Stream, cfg.Pre, cfg.Post, cfg.Delay, cfg.MaxBytes, cfg.Windows, len(cfg.Features), maxColumns))
	}
	if cfg.Out == nil {
		errs = append(errs, fmt.Errorf("evidence: stream %q has nowhere to put its packs; give Config.Out", cfg.Stream))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	r := &Recorder{cfg: cfg, windows: make([]Window, 0, cfg.Windows), needs: make([]uint64, cfg.Windows)}
	slab := make([]float32, len(cfg.Features)*cfg.Windows)
	for i := range cfg.Windows { // allocated now, so that taking a window never allocates
		at := i * len(cfg.Features)
		r.windows[:cfg.Windows][i].Features = slab[at : at : at+len(cfg.Features)]
	}
	seconds := (cfg.Pre + cfg.Post + cfg.Delay).Seconds()
	if most := float64(cfg.MaxBytes) / (4 * float64(len(cfg.Channels)) * (cfg.RateHz + cfg.Conditioned)); seconds > most {
		seconds = most
	}
	r.raw = newRing(len(cfg.Channels), max(1, int(seconds*cfg.RateHz)), cfg.RateHz)
	r.clean = newRing(len(cfg.Channels), max(1, int(seconds*cfg.Conditioned)), cfg.Conditioned)
	r.every = max(1, uint64(r.raw.frames)/(marks-2))
	r.cfg.framesAtMost = r.raw.frames
	return r, nil
}

// Seconds is the length of signal remembered: all that was asked for, or what MaxBytes allows.
func (r *Recorder) Seconds() float64 { return float64(r.cfg.framesAtMost) / r.cfg.RateHz }

// Push takes the next block as it was received, before it is conditioned. Blocks of another number of channels are passed over. After a restart
// it also takes what came before, so that a ring is full at once.
func (r *Recorder) Push(b *block.Block) {
	if b.Channels != len(r.cfg.Channels) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.raw.push(Segment{Run: b.Run, First: b.First, TimeNS: b.TimeNS, Flags: b.Flags, Part: b.Part, Lot: b.Lot}, b.Samples)
	r.run, r.end, r.done = b.Run, b.End(), false
}

// Done says that the newest block has been dealt with, its windows included: packs whose samples have all come are made.
func (r *Recorder) Done() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done = true
	if len(r.pending) > 0 {
		r.finish(r.came)
	}
}

// came reports whether no more samples of a capture are to come.
func (r *Recorder) came(c *capture) bool {
	return r.done && (r.run != c.alarm.Run || r.end >= c.hi)
}

// PushConditioned takes conditioned samples of the newest block's run from sample index first on, as a tap of the conditioner gives them.
func (r *Recorder) PushConditioned(first uint64, samples []float32) {
	r.mu.Lock()
	r.clean.push(Segment{Run: r.run, First: first}, samples)
	r.mu.Unlock()
}

// Mark offers the state before sample index of run: after a block has been dealt with, or before the first. It calls appendState, which appends
// the state to dst, only when it is time for another one.
func (r *Recorder) Mark(run, index uint64, appendState func(dst []byte) []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := &r.marks[(r.nextAt+marks-1)%marks]
	if last.ok && last.run == run && index >= last.index && index-last.index < r.every {
		return
	}
	m := &r.marks[r.nextAt]
	*m = mark{true, run, index, appendState(m.state[:0])}
	r.nextAt = (r.nextAt + 1) % marks
}

// Forget drops the saved states, from which another model could not go on.
func (r *Recorder) Forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.marks {
		r.marks[i].ok = false
	}
}

// Window takes a scored window and its features, as many as Config.Features; of another number none are kept.
func (r *Recorder) Window(s *detector.Score, features []float32) {
	if len(features) != len(r.cfg.Features) {
		features = nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.windows) < cap(r.windows) {
		r.windows = r.windows[:len(r.windows)+1]
		r.oldest = 0
		w := &r.windows[len(r.windows)-1]
		r.needs[len(r.windows)-1] = r.end
		w.Score, w.Features = *s, append(w.Features[:0], features...)
		return
	}
	w := &r.windows[r.oldest]
	r.needs[r.oldest] = r.end
	w.Score, w.Features = *s, append(w.Features[:0], features...)
	r.oldest = (r.oldest + 1) % len(r.windows)
}

// Trigger asks for the pack of an alarm that was raised or listed on this stream. It is made once the samples after its onset have come, and
// goes to Config.Out. More than sixteen at a time are counted as missed.
func (r *Recorder) Trigger(a alert.Alarm) {
	c := capture{alarm: a, since: r.cfg.now()}
	pre := uint64(r.cfg.Pre.Seconds() * r.cfg.RateHz)
	c.lo, c.hi = a.Onset-min(a.Onset, pre), a.Onset+uint64(r.cfg.Post.Seconds()*r.cfg.RateHz)
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.pending) >= pendingMax {
		r.missed++
		return
	}
	r.pending = append(r.pending, c)
	r.finish(func(c *capture) bool { return r.run == c.alarm.Run && r.came(c) })
}

// Poll finishes the packs whose samples do not come: the stream is silent, or has begun another run. Call it about once a second.
func (r *Recorder) Poll() {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.cfg.now()
	r.finish(func(c *capture) bool { return r.came(c) || now.Sub(c.since) > r.cfg.Post+r.cfg.Delay })
}

// Flush finishes every pack at once: the stream is over.
func (r *Recorder) Flush() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.finish(func(*capture) bool { return true })
}

// Missed is the number of alarms of which no pack was made.
func (r *Recorder) Missed() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.missed
}

// finish makes the packs of the captures that are due.
func (r *Recorder) finish(due func(*capture) bool) {
	kept := r.pending[:0]
	for i := range r.pending {
		if c := &r.pending[i]; due(c) {
			r.cfg.Out(r.pack(c))
		} else {
			kept = append(kept, *c)
		}
	}
	clear(r.pending[len(kept):])
	r.pending = kept
}

// pack makes one.
func (r *Recorder) pack(c *capture) *Pack {
	p := &Pack{Version: version, Alarm: c.alarm, Made: r.cfg.now().UTC()}
	lo := c.lo
	oldest, held := r.raw.oldest(c.alarm.Run)
	if m := r.before(c.alarm.Run, lo, oldest); held && m != nil {
		lo = min(lo, m.index) // after a restart the signal reaches back further than the states
		p.Start = Start{Run: m.run, Index: m.index, Known: true, State: append([]byte{}, m.state...)}
	} else {
		p.Start = Start{Run: c.alarm.Run, Index: lo}
	}
	hi := c.hi
	for i := range r.windows {
		at := (r.oldest + i) % len(r.windows)
		w := &r.windows[at]
		if w.Run == c.alarm.Run && w.End > lo && w.End <= c.hi {
			p.Windows = append(p.Windows, Window{w.Score, append([]float32{}, w.Features...)})
			hi = max(hi, r.needs[at]) // so that it comes out when the pack is scored again, also at a gap
		}
	}
	p.Raw = Signal{RateHz: r.cfg.RateHz, Channels: r.cfg.Channels}
	p.Raw.Segments, p.Raw.Samples = r.raw.copyOut(c.alarm.Run, lo, hi)
	ratio := r.cfg.Conditioned / r.cfg.RateHz
	p.Conditioned = Signal{RateHz: r.cfg.Conditioned, Channels: r.cfg.Channels}
	p.Conditioned.Segments, p.Conditioned.Samples = r.clean.copyOut(c.alarm.Run, uint64(float64(lo)*ratio), uint64(float64(c.hi)*ratio))
	switch {
	case !held:
		p.Short = "nothing of the alarm's run is remembered any more"
	case oldest > c.lo:
		p.Short = fmt.Sprintf("the signal before sample %d is not remembered any more", oldest)
	case r.run != c.alarm.Run || r.end < c.hi:
		p.Short = "the signal ended before the time after the onset was over"
	}
	p.Features = append([]Feature{}, r.cfg.Features...)
	if r.cfg.Describe != nil {
		r.cfg.Describe(p)
	}
	return p
}

// before is the newest mark at or before lo of which all samples since are held, else the oldest after it; nil: there is none.
func (r *Recorder) before(run, lo, oldest uint64) *mark {
	var best *mark
	for i := range r.marks {
		m := &r.marks[i]
		if !m.ok || m.run != run || m.index < oldest {
			continue
		}
		switch {
		case best == nil, m.index <= lo && (best.index > lo || m.index > best.index), m.index > lo && best.index > m.index:
			best = m
		}
	}
	return best
}
