package web_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"crackle/web/api"
)

// history gives the past of the plant's streams, computed as their present is: it began when the plant did, and goes on.
type history struct {
	*plant
	sources []source
}

// History implements api.Historian.
func (h history) History(ctx context.Context, q api.HistoryQuery) (*api.History, error) {
	for i, s := range h.Streams() {
		if s.Name != q.Stream {
			continue
		}
		newest := s.NewestTime
		out := &api.History{From: q.From, To: q.To, Oldest: h.sources[i].start.Add(-time.Hour), Newest: newest, Marks: []api.Mark{}}
		if q.To.IsZero() {
			out.To = newest
		}
		if q.From.IsZero() {
			out.From = out.To.Add(-time.Minute)
		}
		out.Truncated = out.From.Before(out.Oldest)
		h.draw(out, i, q)
		for want, leave := range map[api.Want]func(){api.WantRaw: func() { out.Raw = nil }, api.WantConditioned: func() { out.Conditioned = nil }, api.WantFeatures: func() { out.Features = nil },
			api.WantScore: func() { out.Score = nil }, api.WantSpectrogram: func() { out.Spectrogram = nil }} {
			if q.Want&want == 0 {
				leave()
			}
		}
		return out, nil
	}
	return nil, api.NotFound("stream", "stream: found %q", q.Stream)
}

func (h history) draw(out *api.History, i int, q api.HistoryQuery) {
	s, src := h.Streams()[i], h.sources[i]
	step := out.To.Sub(out.From) / time.Duration(q.Width)
	var times []time.Time
	for k := range q.Width {
		if t := out.From.Add(time.Duration(k) * step); !t.Before(out.Oldest) && t.Before(out.Newest) {
			times = append(times, t)
		}
	}
	ms := func(t time.Time) float64 { return float64(t.UnixNano()) / 1e6 }
	noise := func(t time.Time, n uint64) *rand.Rand { return rand.New(rand.NewPCG(uint64(t.UnixNano()), n)) }
	for c, ch := range s.Channels {
		raw, clean := api.Trace{Channel: ch.Name, Unit: ch.Unit, Kind: "raw"}, api.Trace{Channel: ch.Name, Unit: ch.Unit, Kind: "conditioned"}
		for _, t := range times {
			lo, hi := src.signal(c, t.Sub(src.start).Seconds(), noise(t, uint64(c)))
			raw.Buckets = append(raw.Buckets, api.Bucket{TMS: ms(t), Min: float64(lo), Max: float64(hi)})
			clean.Buckets = append(clean.Buckets, api.Bucket{TMS: ms(t), Min: 0.8 * float64(lo), Max: 0.8 * float64(hi)})
		}
		out.Raw, out.Conditioned = append(out.Raw, raw), append(out.Conditioned, clean)
	}
	for n := range 6 {
		f := api.Feature{Name: fmt.Sprintf("band_%d_rms", n+1), Unit: s.Channels[0].Unit, Low: 0.8, High: 1.2}
		for _, t := range times {
			v := 1 + 0.03*noise(t, uint64(50+n)).NormFloat64()
			if n == 5 && t.Second()%10 == 7 {
				v += 0.6
			}
			f.Points = append(f.Points, api.Bucket{TMS: ms(t), Min: v - 0.02, Max: v + 0.02})
		}
		out.Features = append(out.Features, f)
	}
	sp := &api.Spectrogram{Channel: s.Channels[0].Name}
	for k := range 64 {
		sp.FHz = append(sp.FHz, float64(k)*s.RateHz/128)
	}
	for k, t := range times {
		verdict := "ok"
		v := src.level + 0.2*src.level*noise(t, 99).NormFloat64()
		if t.Second()%10 == 7 {
			v, verdict = v+5, "alarm"
		}
		out.Score = append(out.Score, api.Point{TMS: ms(t), Value: v, Limit: 4, Verdict: verdict})
		if k%4 != 0 {
			continue
		}
		sp.TMS = append(sp.TMS, ms(t))
		var row []api.Number
		for f := range 64 {
			row = append(row, api.Number(-70+40*math.Exp(-math.Pow(float64(f-20)/8, 2))+4*noise(t, uint64(200+f)).NormFloat64()))
		}
		sp.DB = append(sp.DB, row)
	}
	out.Spectrogram = sp
	for t := out.Oldest.Add(src.parts); src.parts > 0 && t.Before(out.To); t = t.Add(src.parts) {
		if !t.Before(out.From) {
			out.Marks = append(out.Marks, api.Mark{T: t, Kind: "part", Text: fmt.Sprintf("ring-%04d", 310+int(t.Sub(out.Oldest)/src.parts))})
		}
	}
}
