package app

import (
	"context"
	"fmt"
	"math"
	"time"

	"crackle/alert"
	"crackle/cmd/crackle/config"
	"crackle/detector"
	"crackle/detector/ledger"
	"crackle/ingest/block"
	"crackle/ingest/history"
	"crackle/rnn/kernel"
	"crackle/web/api"
)

// BacktestConfig says what is to be tried on a signal that is past. Nobody is told of anything.
type BacktestConfig struct {
	Stream       *config.Stream
	Running      *detector.Model // in service
	Candidate    *detector.Model // nil: Running
	LimitFactor  float64         // on the candidate's limit; 0: 1
	AlarmsPerDay float64         // above 0, and LimitFactor 0: the lowest factor of a grid that gives no more
}

// BacktestAlarm is an alarm that would have come, or one of the set-up in service that would not.
type BacktestAlarm struct {
	ID      string    `json:"id"`             // of live, where store, model and limit are the same
	Match   string    `json:"match"`          // same, new or gone
	Running string    `json:"running"`        // id of the running set-up's alarm that it is, or overlaps; empty when new
	Onset   time.Time `json:"onset,omitzero"` // signal time; zero for a recording that does not tell it
	Run     uint64    `json:"run,string"`     //
	First   uint64    `json:"onset_index"`    // sample index
	End     uint64    `json:"end_index"`      // one past the last window above the limit
	Part    string    `json:"part,omitempty"` //
	Lot     string    `json:"lot,omitempty"`  //
	Score   float64   `json:"score"`          // highest
	Limit   float64   `json:"limit"`          // that it was held against
	What    string    `json:"what,omitempty"` // in words
}

// BacktestReport is what came of a back-test.
type BacktestReport struct {
	Stream        string          `json:"stream"`
	Kernel        string          `json:"kernel"`
	RunningModel  string          `json:"running_model"`
	Model         string          `json:"model"`
	LimitFactor   float64         `json:"limit_factor"`
	Windows       int             `json:"windows"`
	Scored        int             `json:"scored"`
	SignalS       float64         `json:"signal_s"`
	Missing       uint64          `json:"missing"` // samples
	Alarms        []BacktestAlarm `json:"alarms"`  // that would have come, in order
	Gone          []BacktestAlarm `json:"gone"`    // of the running set-up, that would not
	New           int             `json:"new"`
	Same          int             `json:"same"`
	PerDay        float64         `json:"alarms_per_day"`         // by the signal's length
	RunningPerDay float64         `json:"running_alarms_per_day"` //
	Note          string          `json:"note,omitempty"`
}

// Backtest scores a signal with the set-up in service and with another one at once. It is for one goroutine.
type Backtest struct {
	cfg     BacktestConfig
	running *trial
	chain   *Chain // of the candidate
	trials  []*trial
	samples uint64
	windows int
	scored  int
	failed  error
	since   time.Time // what lies before only lets filter and network settle
	own     *Chain    // of the set-up in service
}

// factorGrid are the factors that AlarmsPerDay chooses from.
func factorGrid() (out []float64) {
	for i := range 25 {
		out = append(out, math.Round(1000*0.5*math.Pow(16, float64(i)/24))/1000)
	}
	return out
}

// NewBacktest makes one. It fails on models that do not fit the stream.
func NewBacktest(cfg BacktestConfig) (*Backtest, error) {
	if cfg.Running == nil {
		return nil, fmt.Errorf("stream %s: there is no model in service to compare with", cfg.Stream.Name)
	}
	if cfg.Candidate == nil {
		cfg.Candidate = cfg.Running
	}
	factors := []float64{cfg.LimitFactor}
	switch {
	case cfg.LimitFactor == 0 && cfg.AlarmsPerDay > 0:
		factors = factorGrid()
	case cfg.LimitFactor == 0:
		factors = []float64{1}
	case !(cfg.LimitFactor >= 0.1 && cfg.LimitFactor <= 10):
		return nil, api.Refused("limit_factor", "limit factor: found %g, allowed are 0.1 to 10", cfg.LimitFactor)
	}
	b := &Backtest{cfg: cfg}
	var err error
	if b.running, err = newTrial(cfg.Stream, cfg.Running, 1); err != nil {
		return nil, err
	}
	for _, f := range factors {
		t, err := newTrial(cfg.Stream, cfg.Candidate, f)
		if err != nil {
			return nil, err
		}
		b.trials = append(b.trials, t)
	}
	if b.own, err = b.newChain(cfg.Running, func(s *detector.Score) { b.note(b.running.step(*s)) }); err != nil {
		return nil, err
	}
	b.own.OnPart(func(p ledger.Part) { b.note(b.running.ended(p)) })
	if b.chain, err = b.newChain(cfg.Candidate, func(s *detector.Score) {
		if s.First != s.End && !time.Unix(0, s.TimeNS).Before(b.since) {
			b.windows++
			if s.Verdict != detector.NotAssessed {
				b.scored++
			}
		}
		for _, t := range b.trials {
			b.note(t.step(*s))
		}
	}); err != nil {
		return nil, err
	}
	b.chain.OnPart(func(p ledger.Part) {
		for _, t := range b.trials {
			b.note(t.ended(p))
		}
	})
	return b, nil
}

func (b *Backtest) newChain(m *detector.Model, emit func(*detector.Score)) (*Chain, error) {
	c, err := NewChain(b.cfg.Stream, emit)
	if err != nil {
		return nil, err
	}
	return c, c.Install(m)
}

// note keeps the first error.
func (b *Backtest) note(err error) {
	if b.failed == nil {
		b.failed = err
	}
}

// Push takes the next block.
func (b *Backtest) Push(x *block.Block) error {
	if !time.Unix(0, x.TimeNS).Before(b.since) {
		b.samples += uint64(x.Count())
	}
	for _, c := range []*Chain{b.own, b.chain} {
		if err := c.Push(x); err != nil {
			return err
		}
	}
	return b.failed
}

// End says that no further block of this run comes.
func (b *Backtest) End() {
	b.own.End()
	b.chain.End()
}

// length is that of the signal so far.
func (b *Backtest) length() time.Duration {
	return time.Duration(float64(b.samples) / b.cfg.Stream.RateHz * float64(time.Second)).Round(time.Millisecond)
}

// Report compares. The back-test is over.
func (b *Backtest) Report() *BacktestReport {
	days := float64(b.samples) / b.cfg.Stream.RateHz / 86400
	chosen, note := b.trials[0], ""
	if len(b.trials) > 1 {
		chosen = b.trials[len(b.trials)-1]
		note = fmt.Sprintf("no factor up to %g gives as few as %g alarms a day", chosen.factor, b.cfg.AlarmsPerDay)
		for _, t := range b.trials {
			if float64(len(t.alarms(b.since))) <= b.cfg.AlarmsPerDay*days {
				chosen, note = t, ""
				break
			}
		}
		if note == "" && b.cfg.AlarmsPerDay*days < 3 {
			note = fmt.Sprintf("%s of signal cannot tell %g alarms a day from none: take a longer stretch", b.length(), b.cfg.AlarmsPerDay)
		}
	}
	if note == "" && days < 1.0/24 {
		note = fmt.Sprintf("%s of signal say little of alarms a day: take a longer stretch, or compare the alarms themselves", b.length())
	}
	counted, _ := b.own.account.Totals()
	r := &BacktestReport{
		Stream: b.cfg.Stream.Name, Kernel: kernel.Name(), RunningModel: b.cfg.Running.Hash(), Model: b.cfg.Candidate.Hash(), LimitFactor: chosen.factor,
		Windows: b.windows, Scored: b.scored, SignalS: float64(b.samples) / b.cfg.Stream.RateHz, Missing: counted.Missing,
		Alarms: []BacktestAlarm{}, Gone: []BacktestAlarm{}, Note: note,
	}
	before := b.running.alarms(b.since)
	matched := map[string]bool{}
	for _, a := range chosen.alarms(b.since) {
		x := told(&a, "new")
		for i := range before {
			if o := &before[i]; o.ID == a.ID || o.Run == a.Run && o.Onset < a.End && a.Onset < o.End {
				x.Match, x.Running = "same", o.ID
				matched[o.ID] = true
				if o.ID == a.ID {
					break
				}
			}
		}
		if x.Match == "same" {
			r.Same++
		} else {
			r.New++
		}
		r.Alarms = append(r.Alarms, x)
	}
	for i := range before {
		if !matched[before[i].ID] {
			r.Gone = append(r.Gone, told(&before[i], "gone"))
		}
	}
	if days > 0 {
		r.PerDay, r.RunningPerDay = float64(len(r.Alarms))/days, float64(len(before))/days
	}
	return r
}

func told(a *alert.Alarm, match string) BacktestAlarm {
	return BacktestAlarm{ID: a.ID, Match: match, Onset: a.OnsetTime, Run: a.Run, First: a.Onset, End: a.End, Part: a.Part, Lot: a.Lot, Score: a.Score, Limit: a.Limit, What: a.What}
}

// trial is an alarm machine that tells nobody.
type trial struct {
	factor float64
	book   *alert.Book
	at     time.Time // of the newest window
	events []alert.Event
	order  []string // ids, as raised
	latest map[string]alert.Alarm
}

// maxTried bounds the alarms of one trial.
const maxTried = 100_000

func newTrial(s *config.Stream, m *detector.Model, factor float64) (*trial, error) {
	book, err := alert.NewBook(alert.BookConfig{Streams: []alert.Stream{alarmRules(s, m.Provisional != "")}})
	if err != nil {
		return nil, err
	}
	return &trial{factor: factor, book: book, latest: map[string]alert.Alarm{}}, nil
}

// step takes a score; the copy may be changed.
func (t *trial) step(s detector.Score) error {
	if t.factor != 1 {
		s.Limit *= t.factor
		if s.Verdict != detector.NotAssessed {
			s.Verdict = detector.OK
			if s.Value > s.Limit {
				s.Verdict = detector.Alarm
			}
		}
	}
	t.at = time.Unix(0, s.TimeNS)
	return t.put(&alert.Input{Op: alert.OpScore, Score: s}, t.at)
}

// ended takes a part that is over.
func (t *trial) ended(p ledger.Part) error {
	return t.put(&alert.Input{Op: alert.OpPartEnd, PartEnd: &alert.PartEnd{Stream: p.Stream, Part: p.Part, At: t.at}}, t.at)
}

func (t *trial) put(in *alert.Input, now time.Time) error {
	var err error
	t.events, err = t.book.Step(t.events[:0], in, now)
	for i := range t.events {
		a := t.events[i].Alarm
		_, have := t.latest[a.ID]
		if !have && t.events[i].Change == alert.Raised && len(t.order) < maxTried {
			t.order = append(t.order, a.ID)
			have = true
		}
		if have {
			t.latest[a.ID] = a
		}
	}
	return err
}

// alarms are those that were raised with an onset at since or later, as they stand.
func (t *trial) alarms(since time.Time) []alert.Alarm {
	var out []alert.Alarm
	for _, id := range t.order {
		a := t.latest[id]
		if now, ok := t.book.Alarm(id); ok {
			a = now
		}
		if !a.OnsetTime.Before(since) {
			out = append(out, a)
		}
	}
	return out
}

// BacktestStretch reads a stretch of a stream's past into a back-test, with the signal before it that the networks need to settle. Zero times are
// the ends of what is kept.
func BacktestStretch(ctx context.Context, past *history.Reader, b *Backtest, from, to time.Time, report func(share float64, text string)) (*BacktestReport, error) {
	oldest, newest, err := past.Range(ctx)
	if err != nil {
		return nil, err
	}
	from = later(from, oldest)
	if to.IsZero() || to.After(newest) {
		to = newest
	}
	if !from.Before(to) {
		return nil, api.Refused("from", "from and to: found %s and %s, kept is %s to %s", from.Format(time.RFC3339), to.Format(time.RFC3339), oldest.Format(time.RFC3339), newest.Format(time.RFC3339))
	}
	var clock history.Clock
	b.since = from
	_, err = past.Read(ctx, from.Add(-leadIn(b.cfg.Stream, b.own)), to, func(x *block.Block) error {
		if report != nil {
			at := time.Unix(0, clock.Time(x)).UTC()
			report(max(0, float64(at.Sub(from))/float64(to.Sub(from))), "scored up to "+at.Format(time.RFC3339))
		}
		return b.Push(x)
	})
	if err != nil {
		return nil, err
	}
	b.End()
	return b.Report(), nil
}
