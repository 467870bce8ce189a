package app

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"crackle/cmd/crackle/config"
	"crackle/detector"
	"crackle/ingest/block"
	"crackle/ingest/history"
	"crackle/web/api"
)

const (
	historyAtOnce  = 3        // questions that are worked on at the same time
	historyValues  = 64 << 20 // values of signal that one question may read
	historySeconds = 1e9      // that one question may span, which a time.Duration holds
	historyCells   = 1 << 20  // buckets of features in one answer
	historyColumn  = 1024     // columns of a spectrogram
)

// past opens the history of a stream.
func (a *App) past(cfg *config.Stream) (*history.Reader, error) {
	if cfg.Transport != "jetstream" {
		return nil, api.Refused("stream", "stream %s: found transport %q, which keeps no signal; set transport = \"jetstream\" to look back", cfg.Name, cfg.Transport)
	}
	js, err := jetstream.New(a.conn)
	if err != nil {
		return nil, err
	}
	return OpenPast(js, cfg)
}

// OpenPast reads the history of a stream out of the signal store of a server.
func OpenPast(js jetstream.JetStream, cfg *config.Stream) (*history.Reader, error) {
	decoder, err := block.NewDecoder(cfg.Decoding())
	if err != nil {
		return nil, fmt.Errorf("stream %s: %w", cfg.Name, err)
	}
	return history.Open(js, history.Config{Stream: cfg.Name, Subject: cfg.Subject, Channels: len(cfg.Channels), RateHz: cfg.RateHz, Decoder: decoder, Horizon: cfg.ReorderBlocks})
}

// History implements api.Historian: the stretch is read from the signal store and goes through a chain of its own, with enough signal before it for
// filter and network to settle, so that the past is scored as the present is. At most three questions are worked on at once.
func (a *App) History(ctx context.Context, q api.HistoryQuery) (*api.History, error) {
	s := a.stream(q.Stream)
	if s == nil {
		return nil, api.NotFound("stream", "stream: found %.200q, which is not configured", q.Stream)
	}
	if q.Width < api.MinWidth || q.Width > api.MaxWidth {
		return nil, api.Refused("width", "width: found %d, allowed are %d to %d", q.Width, api.MinWidth, api.MaxWidth)
	}
	select {
	case a.looking <- struct{}{}:
		defer func() { <-a.looking }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	past, err := a.past(&s.cfg)
	if err != nil {
		return nil, err
	}
	oldest, newest, err := past.Range(ctx)
	if errors.Is(err, history.ErrEmpty) {
		return &api.History{From: q.From, To: q.To, Truncated: true, Marks: []api.Mark{}}, nil
	}
	if err != nil {
		return nil, err
	}
	h := &api.History{From: q.From, To: q.To, Oldest: oldest, Newest: newest, Marks: []api.Mark{}}
	if q.To.IsZero() {
		h.To = newest
	}
	if q.From.IsZero() {
		h.From = h.To.Add(-time.Minute)
	}
	if !h.From.Before(h.To) {
		return nil, api.Refused("from", "from and to: found %s and %s, allowed is a stretch that ends after it begins", h.From.Format(time.RFC3339), h.To.Format(time.RFC3339))
	}
	most := time.Duration(math.Min(historyValues/float64(len(s.cfg.Channels))/s.cfg.RateHz, historySeconds) * 1e9)
	held := newest
	if h.To.Before(newest) {
		held = h.To
	}
	read := later(h.From, held.Add(-most))
	h.Truncated = h.From.Before(oldest) || read.After(h.From)
	l, err := newLook(s, q, h)
	if err != nil {
		return nil, err
	}
	from := read
	if l.chain != nil {
		from = from.Add(-l.lead)
	}
	if _, err := past.Read(ctx, from, h.To, l.take); err != nil {
		return nil, err
	}
	l.answer(h)
	a.markAlarms(h, q.Stream)
	a.markModels(ctx, h, q.Stream)
	return h, nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// markAlarms adds the alarms whose onset lies in the stretch.
func (a *App) markAlarms(h *api.History, stream string) {
	for _, al := range (monitor{a}).Alarms() {
		if al.Stream == stream && !al.OnsetTime.Before(h.From) && al.OnsetTime.Before(h.To) {
			h.Marks = append(h.Marks, api.Mark{T: al.OnsetTime, Kind: "alarm", ID: al.ID, Text: al.What})
		}
	}
}

// markModels adds when a model was put in service in the stretch, by the wall clock. Marks that cannot be read are left out.
func (a *App) markModels(ctx context.Context, h *api.History, stream string) {
	store, err := a.archive(ctx)
	if err != nil {
		return
	}
	past, err := store.Past(ctx, stream)
	if err != nil {
		return
	}
	for _, v := range past {
		if !v.At.Before(h.From) && v.At.Before(h.To) {
			h.Marks = append(h.Marks, api.Mark{T: v.At, Kind: "model", ID: v.Hash, Text: strings.TrimSpace("model " + v.Hash + " put in service by " + v.By + " " + v.Comment)})
		}
	}
}

// look is one question on its way through a stretch of signal.
type look struct {
	cfg     *config.Stream
	q       api.HistoryQuery
	chain   *Chain // nil when nothing behind the raw signal is asked for
	lead    time.Duration
	clock   history.Clock
	channel int

	raw, clean []*reduced // by channel
	features   []*reduced
	scores     *worst
	spectra    *spectrogram
	marks      []api.Mark
	model      *detector.Model

	known bool   // a block has come
	run   uint64 // of the newest block
	first uint64
	end   uint64
	ns    int64 // time of first
	part  string
}

func newLook(s *stream, q api.HistoryQuery, h *api.History) (*look, error) {
	p := span{h.From.UnixNano(), h.To.UnixNano(), q.Width}
	l := &look{cfg: &s.cfg, q: q}
	channels := len(s.cfg.Channels)
	if q.Want&api.WantRaw != 0 {
		for range channels {
			l.raw = append(l.raw, newReduced(p))
		}
	}
	if q.Want&api.WantSpectrogram != 0 {
		l.channel = -1
		for i, name := range s.cfg.Channels {
			if name == q.Channel || q.Channel == "" && i == 0 {
				l.channel = i
			}
		}
		if l.channel < 0 {
			return nil, api.Refused("channel", "channel: found %.100q, the stream has %v", q.Channel, s.cfg.Channels)
		}
		var err error
		if l.spectra, err = newSpectrogram(span{p.from, p.to, min(p.width, historyColumn)}, s.cfg.RateHz); err != nil {
			return nil, err
		}
	}
	if q.Want&(api.WantConditioned|api.WantFeatures|api.WantScore) == 0 {
		return l, nil
	}
	var err error
	if l.chain, err = NewChain(&s.cfg, l.onScore); err != nil {
		return nil, err
	}
	if l.model = s.served.Load(); l.model != nil {
		if err := l.chain.Install(l.model); err != nil {
			return nil, err
		}
	}
	l.lead = leadIn(&s.cfg, l.chain)
	if q.Want&api.WantConditioned != 0 {
		for range channels {
			l.clean = append(l.clean, newReduced(p))
		}
		l.chain.Tap(l.onRows)
	}
	if q.Want&api.WantScore != 0 {
		l.scores = newWorst(p)
	}
	if q.Want&api.WantFeatures != 0 {
		n := l.chain.Conditioner.Features().Len()
		f := span{p.from, p.to, max(api.MinWidth, min(p.width, historyCells/n))}
		for range n {
			l.features = append(l.features, newReduced(f))
		}
	}
	return l, nil
}

// leadWindows is the number of windows beyond its warm-up after which a recurrent network has forgotten how it began, for drawing.
const leadWindows = 64

// leadIn is the signal that a chain needs before what it says is what a chain that has run all along would say.
func leadIn(s *config.Stream, c *Chain) time.Duration {
	sum, err := s.Summary()
	if err != nil {
		return time.Second
	}
	windows := float64(s.Network.WarmupWindows + leadWindows)
	return seconds(float64(c.Conditioner.Settling())/s.ConditionedHz() + sum.WindowS + windows/max(sum.WindowsPerS, 1e-3))
}

// take takes the next block of the stretch.
func (l *look) take(b *block.Block) error {
	ns := l.clock.Time(b)
	if l.known && b.Run == l.run && b.First > l.end {
		l.mark(l.at(l.end), "gap", fmt.Sprintf("%d samples are missing", b.First-l.end))
	}
	if b.Part != l.part && b.Part != "" {
		l.mark(ns, "part", b.Part)
	}
	l.known, l.run, l.first, l.end, l.ns, l.part = true, b.Run, b.First, b.End(), ns, b.Part
	for c, r := range l.raw {
		r.rows(ns, l.cfg.RateHz, b.Samples, b.Channels, c)
	}
	if l.spectra != nil {
		l.spectra.rows(ns, b.Samples, b.Channels, l.channel)
	}
	if l.chain != nil {
		return l.chain.Push(b)
	}
	return nil
}

// maxMarks bounds the marks of one answer.
const maxMarks = 2000

func (l *look) mark(ns int64, kind, text string) {
	if len(l.marks) < maxMarks {
		l.marks = append(l.marks, api.Mark{T: time.Unix(0, ns).UTC(), Kind: kind, ID: text, Text: text})
	}
}

// at is the time of a sample near the newest block.
func (l *look) at(index uint64) int64 {
	return l.ns + int64(float64(int64(index-l.first))/l.cfg.RateHz*1e9)
}

func (l *look) onRows(first uint64, rows []float32) {
	for c, r := range l.clean {
		r.rows(l.at(first*l.chain.factor), l.cfg.ConditionedHz(), rows, len(l.clean), c)
	}
}

func (l *look) onScore(s *detector.Score) {
	if s.First == s.End {
		return
	}
	ns := l.at(s.End)
	if l.scores != nil {
		l.scores.add(ns, s)
	}
	if f := l.chain.Window().Features; len(f) == len(l.features) {
		for i, r := range l.features {
			r.add(r.bucket(ns), float64(f[i]))
		}
	}
}

// answer fills in what was asked for.
func (l *look) answer(h *api.History) {
	traces := func(kind string, rows []*reduced) (out []api.Trace) {
		for c, r := range rows {
			out = append(out, api.Trace{Channel: l.cfg.Channels[c], Unit: unitOf(l.cfg, c), Kind: kind, Buckets: r.buckets()})
		}
		return out
	}
	h.Raw, h.Conditioned = traces("raw", l.raw), traces("conditioned", l.clean)
	if l.features != nil {
		set := l.chain.Conditioner.Features()
		units := l.cfg.FeatureUnits(set.Names(), set.Units())
		for i, r := range l.features {
			f := api.Feature{Name: set.Names()[i], Unit: units[i], Points: r.buckets()}
			f.Low, f.High = bandNumbers(normalBand(l.model, i))
			h.Features = append(h.Features, f)
		}
	}
	if l.scores != nil {
		h.Score = l.scores.list()
	}
	if l.spectra != nil {
		h.Spectrogram = l.spectra.answer(l.cfg.Channels[l.channel])
	}
	for _, m := range l.marks {
		if !m.T.Before(h.From) && m.T.Before(h.To) {
			h.Marks = append(h.Marks, m)
		}
	}
}

func unitOf(s *config.Stream, channel int) string {
	if channel < len(s.Units) {
		return s.Units[channel]
	}
	return ""
}
