package app

import (
	"math"
	"sync"
	"time"

	"crackle/alert/health"
	"crackle/cmd/crackle/config"
	"crackle/detector"
	"crackle/ingest"
	"crackle/ingest/block"
	"crackle/web/api"
	"crackle/web/hub"
	"crackle/window"
)

// status is what people are shown of one stream. Its methods may be called from any goroutine.
type status struct {
	mu      sync.Mutex
	row     hub.StreamStatus
	rateHz  float64
	samples uint64 // per channel, dealt with
	windows uint64 // scored
	window  window.Counts
	problem string // why there is no model in service
	over    bool   // the recording has ended

	deviation float64 // of the measured rate
	deviates  bool    // it is known

	run      uint64        // of the newest block
	end      uint64        // index after its last sample
	duration time.Duration // of the newest block with samples
	storedNS int64         // when the newest message that is dealt with was stored; 0: it was not
	signal   health.Reading
	drift    health.Drift

	waited, took float64 // s, smoothed: from the store's receipt of a block to its turn, and its turn
	waits, takes bool    // they are known
}

func newStatus(s *config.Stream) *status {
	st := &status{rateHz: s.RateHz, row: hub.StreamStatus{
		Name: s.Name, Title: s.Title, Source: hub.Source(s.Source), TimeLapsed: s.TimeLapse > 1, RateHz: s.RateHz,
		Phase: hub.Waiting, StaleAfterS: s.NoDataS, Score: math.NaN(), Limit: math.NaN(),
		Reason: detector.Learning, Cycle: s.Window.Cycle.On(),
	}}
	if s.TimeLapse > 1 {
		st.row.Speed = s.TimeLapse
	}
	for i, name := range s.Channels {
		ch := hub.Channel{Name: name}
		if i < len(s.Units) {
			ch.Unit = s.Units[i]
		}
		st.row.Channels = append(st.row.Channels, ch)
	}
	return st
}

// heard notes the block that has come, and what the stream's meter has found up to it.
func (st *status) heard(b *block.Block, signal health.Reading) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.row.Part, st.row.Lot = b.Part, b.Lot
	st.over, st.run, st.end, st.storedNS, st.signal = false, b.Run, b.End(), b.StoreNS, signal
	if n := b.Count(); n > 0 {
		st.duration = time.Duration(float64(n) / st.rateHz / max(1, st.row.Speed) * float64(time.Second))
		st.row.NewestTime = time.Unix(0, b.TimeNS).Add(time.Duration(float64(n-1) / st.rateHz * float64(time.Second))).UTC()
	}
}

// timed notes how long a block waited since the store had it (below 0: not known), and how long it was worked on.
func (st *status) timed(waited, took time.Duration) {
	const share = 1.0 / 16
	st.mu.Lock()
	defer st.mu.Unlock()
	if waited >= 0 {
		if !st.waits {
			st.waited = waited.Seconds()
		}
		st.waited += share * (waited.Seconds() - st.waited)
		st.waits = true
	}
	if !st.takes {
		st.took = took.Seconds()
	}
	st.took += share * (took.Seconds() - st.took)
	st.takes = true
}

// latency is what timed was told, in s; NaN where nothing is known.
func (st *status) latency() (waited, took api.Number) {
	st.mu.Lock()
	defer st.mu.Unlock()
	waited, took = api.Number(math.NaN()), api.Number(math.NaN())
	if st.waits {
		waited = api.Number(st.waited)
	}
	if st.takes {
		took = api.Number(st.took)
	}
	return waited, took
}

// conditioned notes that a block of so many samples per channel has been dealt with, the conditioner's counts and, when known, by how much the measured rate deviates from the configured one.
func (st *status) conditioned(samples int, c window.Counts, deviation float64, known bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.samples += uint64(samples)
	st.window = c
	st.deviation, st.deviates = deviation, known
}

// rate is the measured rate over the configured one, less 1; ok is false while it is not known.
func (st *status) rate() (deviation float64, ok bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.deviation, st.deviates
}

// scored notes a window's score; the mark that closes a part has none.
func (st *status) scored(s *detector.Score) {
	if s.First == s.End {
		return
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	st.row.Score, st.row.Verdict, st.row.Reason, st.row.Regime = s.Value, s.Verdict, s.Reason, ""
	if s.Regime != detector.Steady {
		st.row.Regime = s.Regime.String()
	}
	if s.Verdict != detector.NotAssessed {
		st.windows++
	}
}

func (st *status) learning() {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.row.Phase, st.problem = hub.Learning, ""
}

func (st *status) watching(m *detector.Model) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.row.Phase, st.problem = hub.Watching, ""
	st.row.Limit, st.row.ScoreUnit = m.Scale()
	st.row.Model = m.Hash()
	st.row.LimitProvisional, st.row.LimitNote = m.Provisional != "", m.Provisional
	st.row.Verdict, st.row.Reason = detector.NotAssessed, detector.WarmingUp
}

// trouble notes why no model is in service, and reports whether that is news.
func (st *status) trouble(text string) (news bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	news = text != st.problem
	st.problem = text
	return news
}

// note sets what a person should know of the current part.
func (st *status) note(text string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.row.Note = text
}

// follow takes over what a stream's settings do not change.
func (st *status) follow(old *status) {
	old.mu.Lock()
	row, samples, windows, run, end, duration := old.row, old.samples, old.windows, old.run, old.end, old.duration
	old.mu.Unlock()
	st.mu.Lock()
	defer st.mu.Unlock()
	st.samples, st.windows, st.run, st.end, st.duration = samples, windows, run, end, duration
	st.row.Note, st.row.Part, st.row.Lot, st.row.NewestTime = row.Note, row.Part, row.Lot, row.NewestTime
}

func (st *status) ended() {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.over = true
}

// taken is the number of samples per channel that have been conditioned or refused.
func (st *status) taken() uint64 {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.samples
}

// isOver reports whether the recording has ended.
func (st *status) isOver() bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.over
}

// observe fills in what only the stream's goroutine knows.
func (st *status) observe(o *health.Observation, c *ingest.Counts, now time.Time) {
	st.mu.Lock()
	defer st.mu.Unlock()
	o.Run, o.BlockDuration, o.Signal, o.Drift = st.run, st.duration, st.signal, st.drift
	o.Received, o.Saturated = st.window.Received, st.window.Saturated
	o.Deviation, o.RateKnown = st.deviation, st.deviates
	waiting := uint64(c.Queued)
	if c.PendingKnown {
		waiting += c.Pending
	}
	switch {
	case waiting == 0:
	case st.storedNS != 0:
		o.Lag = now.Sub(time.Unix(0, st.storedNS))
	default:
		o.Lag = time.Duration(c.Queued) * st.duration
	}
}

// model reports whether one is in service or being learnt, and else why not.
func (st *status) model() (ok bool, problem string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.problem == "", st.problem
}

// read gives the row as it is now. alarmed tells that an alarm is active on the stream, which outranks the last window's verdict.
func (st *status) read(c ingest.Counts, alarmed bool, now time.Time) hub.StreamStatus {
	st.mu.Lock()
	row, problem, w := st.row, st.problem, st.window
	if st.over {
		row.Phase = hub.Ended
	}
	row.Counts = hub.Counts{
		Received: c.Received.Samples, Missing: c.Missing, Duplicated: c.Duplicated.Samples, Late: c.Late.Samples,
		Invalid: w.Invalid, Dropped: c.Dropped.Samples, Malformed: c.MalformedTotal() + c.WrongRate.Blocks + c.WrongChannels.Blocks, Scored: st.windows,
	}
	st.mu.Unlock()
	row.NewestAt = c.LastData
	silent := c.LastData.IsZero() || now.Sub(c.LastData).Seconds() > row.StaleAfterS
	switch {
	case alarmed:
		row.Verdict, row.Reason, row.Reasons = detector.Alarm, 0, []string{}
	case problem != "":
		row.Verdict, row.Reason, row.Reasons = detector.NotAssessed, 0, []string{problem}
	case c.LastData.IsZero():
		row.Verdict, row.Reason, row.Reasons = detector.NotAssessed, 0, []string{"no data since the start"}
	case row.Phase == hub.Ended:
		row.Verdict, row.Reason, row.Reasons = detector.NotAssessed, 0, []string{"the recording has ended"}
	case silent:
		row.Verdict, row.Reason, row.Reasons = detector.NotAssessed, 0, []string{"no data"}
	case row.Verdict == detector.Alarm: // a window above the limit, but not yet enough of them
		row.Verdict, row.Reason, row.Reasons = detector.NotAssessed, 0, []string{"above the limit, not yet long enough for an alarm"}
	}
	if c.LastData.IsZero() && row.Phase == hub.Watching {
		row.Phase = hub.Waiting
	}
	return row
}
