package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"crackle/alert"
	"crackle/cmd/crackle/config"
	"crackle/detector"
	"crackle/detector/inspect"
	"crackle/detector/ledger"
	"crackle/ingest/block"
	"crackle/ingest/history"
	"crackle/web/api"
	"crackle/window"
)

// maxStretch bounds the numbers that a stretch may hold in memory, 64 MiB of them; rowValues is what a window costs beside its features.
const (
	maxStretch = 16 << 20
	rowValues  = 40
)

// errStretch is returned when a stretch is too long to be held in memory.
var errStretch = errors.New("the stretch holds too many windows to learn from at once: take a shorter one, or fewer features")

// row is one window of a stretch.
type row struct {
	run         uint64
	first, end  uint64 // in the publisher's samples
	own, ownEnd uint64 // in the conditioner's
	ns          int64  // of its end
	part, lot   string
	fresh       bool
	usable      bool // no defect, and the detector could have scored it
	above       bool // the limit of the model in service
	why         string
	features    []float32 // of a usable row
}

// stretch is a length of signal as windows, with what the set-up in service says of it. It is filled by Push, for one goroutine.
type stretch struct {
	cfg     *config.Stream
	chain   *Chain
	running *detector.Model // nil: none
	trial   *trial          // what the set-up in service would tell; nil without one
	since   time.Time       // what lies before only lets filter and network settle
	rows    []row
	values  int
	poor    []segment // parts of which too much was not seen
	torn    []segment // parts that were joined in their middle
	over    int       // parts seen from their beginning to their end
	whole   int       // rows up to the end of the last of them
	files   bool      // it is of recordings, one after the other
	anew    bool      // the next row begins a recording
	broken  bool      // a reference part lies before it
	shift   int64     // ns from a recording's time to that of the stretch
	failed  error
}

// segment is a length of one run.
type segment struct {
	run        uint64
	first, end uint64
}

func newStretch(cfg *config.Stream, running *detector.Model) (*stretch, error) {
	s := &stretch{cfg: cfg, running: running}
	var err error
	if s.chain, err = NewChain(cfg, s.onScore); err != nil {
		return nil, err
	}
	if running != nil {
		if err := s.chain.Install(running); err != nil {
			return nil, err
		}
		if s.trial, err = newTrial(cfg, running, 1); err != nil {
			return nil, err
		}
	}
	s.chain.OnPart(s.onPart)
	return s, nil
}

// Push takes the next block.
func (s *stretch) Push(b *block.Block) error {
	if err := s.chain.Push(b); err != nil {
		return err
	}
	return s.failed
}

// End says that no further block of this run comes.
func (s *stretch) End() { s.chain.End() }

func (s *stretch) onScore(score *detector.Score) {
	if s.trial != nil && s.failed == nil {
		s.failed = s.trial.step(*score)
	}
	w := s.chain.Window()
	if s.chain.Refers(w.Part) {
		s.broken = true
		return
	}
	if score.First == score.End || time.Unix(0, score.TimeNS).Before(s.since) {
		return
	}
	r := row{
		run: w.Run, first: score.First, end: score.End, own: w.First, ownEnd: w.End, ns: score.TimeNS, part: w.Part, lot: w.Lot, fresh: w.Fresh || s.anew || s.broken,
		above: score.Verdict != detector.NotAssessed && score.Value > score.Limit,
	}
	if n := len(s.rows); s.files && n > 0 {
		if s.anew {
			s.shift = max(0, s.rows[n-1].ns+int64(float64(r.end-r.first)/s.cfg.RateHz*1e9)-r.ns)
		}
		r.ns += s.shift
	}
	s.anew, s.broken = false, false
	switch {
	case w.Defects != 0:
		r.why = "missing, invalid, saturated or settling samples"
	case score.Reason&detector.Frozen != 0:
		r.why = "a signal that stands still"
	case score.Reason&detector.ScoreInvalid != 0:
		r.why = "a score that is no number"
	default:
		r.usable, r.features = true, slices.Clone(w.Features)
		s.values += len(w.Features)
	}
	s.values += rowValues
	s.rows = append(s.rows, r)
	if s.values > maxStretch && s.failed == nil {
		s.failed = errStretch
	}
}

func (s *stretch) onPart(p ledger.Part) {
	if s.trial != nil && s.failed == nil {
		s.failed = s.trial.ended(p)
	}
	if p.To.Before(s.since) {
		return
	}
	if p.Part == "" {
		return
	}
	all, l := segment{p.Run, p.First, p.End}, p.Samples.Lost
	if lost := l.Missing + l.Invalid + l.Saturated + l.Spoiled + l.Frozen + l.NotNumber; float64(lost) > (1-p.Needed)*float64(p.Samples.Expected) {
		s.poor = append(s.poor, all)
	}
	if p.Flags&ledger.BeginUnseen != 0 || p.From.Before(s.since) {
		s.torn = append(s.torn, all)
		return
	}
	s.over++
	s.whole = len(s.rows)
}

// inspectionOf looks at the rows that exclusions leave.
func (s *stretch) inspect(out []bool) (*inspect.Report, error) {
	rows := make([]inspect.Row, len(s.rows))
	for i := range s.rows {
		r := &s.rows[i]
		rows[i] = inspect.Row{Time: time.Unix(0, r.ns).UTC(), Part: r.part, Lot: r.lot, Usable: r.usable && !out[i], Features: r.features}
	}
	set := s.chain.Conditioner.Features()
	return inspect.Inspect(inspect.Config{Names: set.Names(), Units: s.cfg.FeatureUnits(set.Names(), set.Units()), Least: leastLesson(s.cfg), Empty: s.empty()}, rows)
}

// leastLesson is the number of windows below which detector.Teach refuses for certain.
func leastLesson(cfg *config.Stream) int { return 15 + 2*cfg.Network.WarmupWindows }

// lesson is what exclusions leave, to learn from.
func (s *stretch) lesson(out []bool) *detector.Lesson {
	l := &detector.Lesson{}
	for i := range s.rows {
		r := &s.rows[i]
		if !r.usable || out[i] {
			l.Skip()
			continue
		}
		l.Add(&window.Window{Run: r.run, First: r.own, End: r.ownEnd, TimeNS: r.ns, Part: r.part, Lot: r.lot, Fresh: r.fresh, Features: r.features})
	}
	return l
}

// span is the time of the rows.
func (s *stretch) span() (from, to time.Time) {
	if len(s.rows) == 0 {
		return
	}
	first, last := &s.rows[0], &s.rows[len(s.rows)-1]
	return time.Unix(0, first.ns-int64(float64(first.end-first.first)/s.cfg.RateHz*1e9)).UTC(), time.Unix(0, last.ns).UTC()
}

// alarms are those that the set-up in service would have raised.
func (s *stretch) alarms() []alert.Alarm {
	if s.trial == nil {
		return nil
	}
	return s.trial.alarms(s.since)
}

// readStretch reads a stretch of a stream's past. Zero times are the ends of what is kept.
func readStretch(ctx context.Context, past *history.Reader, cfg *config.Stream, running *detector.Model, from, to time.Time, progress func(float64, string)) (*stretch, error) {
	oldest, newest, err := past.Range(ctx)
	if errors.Is(err, history.ErrEmpty) {
		return nil, api.Refused("from", "stream %s: the store holds nothing of it yet: wait for its signal, or publish a recording with `crackle replay`", cfg.Name)
	}
	if err != nil {
		return nil, err
	}
	askedFrom, askedTo := from, to
	from = later(from, oldest)
	if to.IsZero() || to.After(newest) {
		to = newest
	}
	if !from.Before(to) {
		return nil, api.Refused("from", "stream %s: found a stretch from %s to %s, and the store holds %s to %s: choose a stretch within it",
			cfg.Name, timeText(askedFrom), timeText(askedTo), timeText(oldest), timeText(newest))
	}
	s, err := newStretch(cfg, running)
	if err != nil {
		return nil, err
	}
	s.since = from
	var clock history.Clock
	if _, err := past.Read(ctx, from.Add(-leadIn(cfg, s.chain)), to, func(b *block.Block) error {
		at := time.Unix(0, clock.Time(b)).UTC()
		progress(min(1, max(0, float64(at.Sub(from))/float64(to.Sub(from)))), "read up to "+timeText(at))
		return s.Push(b)
	}); err != nil {
		return nil, stretchError(cfg, err)
	}
	s.End()
	return s, s.failed
}

func stretchError(cfg *config.Stream, err error) error {
	if errors.Is(err, errStretch) {
		return api.Refused("from", "stream %s: %v", cfg.Name, err)
	}
	return err
}

func timeText(t time.Time) string {
	if t.IsZero() {
		return "the end of what is kept"
	}
	return t.UTC().Format(time.RFC3339)
}

// inWords says how many of what.
func inWords(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// empty says why a signal that was there gave no window, where windows lie where the signal puts them; empty when that is not so.
func (s *stretch) empty() string {
	n, w := s.chain.Conditioner.Counts(), &s.cfg.Window
	switch {
	case n.Received == 0:
		return ""
	case w.Cycle.On() && n.Skipped > 0:
		return fmt.Sprintf("all %d cycles of %s differ from nominal_hz = %g by more than tolerance = %g, or lie where the signal is broken: correct window.cycle.nominal_hz, or allow more", n.Skipped, w.Cycle.Channel, w.Cycle.NominalHz, w.Cycle.Tolerance)
	case w.Cycle.On():
		return fmt.Sprintf("%s never passes a whole cycle round window.cycle.level = %g in %d samples: correct the level, the hysteresis or the channel, or take a longer stretch", w.Cycle.Channel, w.Cycle.Level, n.Received)
	case w.Event.On():
		return fmt.Sprintf("%s never reaches window.event.threshold = %g in %d samples, or not long enough before their end: lower it, or take a longer stretch", w.Event.Channel, w.Event.Threshold, n.Received)
	}
	return ""
}
