package web_test

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"crackle/alert"
	"crackle/detector"
	"crackle/web"
	"crackle/web/hub"
)

// plant feeds a real hub and a real alarm machine with computed signals and scores, and is the Monitor of the server under test.
type plant struct {
	hub     *hub.Hub
	machine *alert.Machine
	prom    *prometheus.Registry
	pace    time.Duration // from one tick to the next

	mu        sync.Mutex
	status    []web.StreamStatus
	faulty    map[string]float64 // added to a stream's scores
	silent    map[string]bool
	readiness web.Readiness
}

// newPlant makes a plant whose parts run until the test ends.
func newPlant(t testing.TB, streams ...web.StreamStatus) *plant {
	t.Helper()
	return newPlantAt(t, 50*time.Millisecond, streams...)
}

// newPlantAt is newPlant for one that publishes at another pace than 20 times a second.
func newPlantAt(t testing.TB, pace time.Duration, streams ...web.StreamStatus) *plant {
	t.Helper()
	log := slog.New(slog.NewTextHandler(t.Output(), nil))
	p := &plant{pace: pace, prom: prometheus.NewRegistry(), status: slices.Clone(streams), faulty: map[string]float64{}, silent: map[string]bool{},
		readiness: web.Readiness{Connected: true, ModelsLoaded: true}}
	var err error
	if p.hub, err = hub.New(hub.Config{Tick: pace, Registerer: p.prom, Log: log}); err != nil {
		t.Fatal(err)
	}
	var watched []alert.Stream
	for _, s := range streams {
		p.hub.PublishStream(s)
		watched = append(watched, alert.Stream{Name: s.Name, Title: s.Title, Simulated: s.Source == hub.Simulated, Provisional: s.LimitProvisional, Rules: alert.Rules{Latch: true}})
	}
	if p.machine, err = alert.New(alert.Config{Book: alert.BookConfig{Streams: watched}, Log: log}); err != nil {
		t.Fatal(err)
	}
	events := p.machine.Listen("hub", 64)
	var parts sync.WaitGroup
	parts.Go(func() { p.machine.Run(context.Background()) })
	parts.Go(func() {
		for ev := range events.C {
			p.hub.PublishAlarm(ev.Alarm)
		}
	})
	t.Cleanup(func() { p.machine.Drain(); parts.Wait() })
	return p
}

func (p *plant) Streams() []web.StreamStatus {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]web.StreamStatus(nil), p.status...)
}

func (p *plant) Alarms() []alert.Alarm {
	s := p.machine.Snapshot()
	return append(s.Open, s.Recent...)
}

func (p *plant) Acknowledge(ctx context.Context, id, by, comment string) error {
	return p.machine.Acknowledge(ctx, alert.Acknowledgement{ID: id, By: by, Comment: comment})
}

func (p *plant) Readiness() web.Readiness {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.readiness
}

func (p *plant) setReadiness(r web.Readiness) {
	p.mu.Lock()
	p.readiness = r
	p.mu.Unlock()
}

// fault adds to the scores of a stream from now on.
func (p *plant) fault(stream string, extra float64) {
	p.mu.Lock()
	p.faulty[stream] = extra
	p.mu.Unlock()
}

func (p *plant) silence(stream string) {
	p.mu.Lock()
	p.silent[stream] = true
	p.mu.Unlock()
}

// change edits a stream's status and publishes it.
func (p *plant) change(i int, edit func(*web.StreamStatus)) {
	p.mu.Lock()
	edit(&p.status[i])
	s := p.status[i]
	p.mu.Unlock()
	p.hub.PublishStream(s)
}

// signal computes the envelope of channel c of stream s at signal time t in s, over one bucket.
type signal func(c int, t float64, rng *rand.Rand) (lo, hi float32)

// source is how one stream of the plant behaves.
type source struct {
	signal    signal
	perTick   int           // buckets per tick
	perBucket int           // samples per bucket
	scores    int           // per tick
	level     float64       // of a healthy score
	start     time.Time     // signal time of sample 0
	parts     time.Duration // of signal time; 0 for none
	slow      *atomic.Bool  // when set, the plant goes as slowly as its signal; nil: never
}

// lasts is how long the signal of one tick lasts.
func (s *source) lasts(rateHz float64) time.Duration {
	return time.Duration(float64(s.perTick*s.perBucket) / rateHz * float64(time.Second))
}

// run feeds stream i until ctx ends, tick by tick, after filling the history at once.
func (p *plant) run(ctx context.Context, i int, src source) {
	rng := rand.New(rand.NewPCG(7, uint64(i)))
	tick := time.NewTicker(p.pace)
	defer tick.Stop()
	told, lasts := time.Now(), src.lasts(p.Streams()[i].RateHz)
	for n := 0; ; n++ {
		if n > 40 { // the first two seconds of signal come as fast as the hub takes them
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if src.slow != nil && src.slow.Load() && time.Since(told) < lasts {
				n--
				continue
			}
			told = time.Now()
		} else {
			time.Sleep(8 * time.Millisecond)
		}
		p.mu.Lock()
		silent := p.silent[p.status[i].Name]
		extra := p.faulty[p.status[i].Name]
		p.mu.Unlock()
		if !silent {
			p.tick(i, n, src, extra, rng)
		}
	}
}

// tick publishes one tick of stream i: a wave per channel, scores, and its status.
func (p *plant) tick(i, n int, src source, extra float64, rng *rand.Rand) {
	s := p.Streams()[i]
	samples := uint64(src.perTick * src.perBucket)
	first := uint64(n) * samples
	at := func(index uint64) time.Time {
		return src.start.Add(time.Duration(float64(index) / s.RateHz * float64(time.Second)))
	}
	for c := range s.Channels {
		w := hub.Wave{Stream: s.Name, Channel: c, Run: 1, First: first, SamplesPerBucket: src.perBucket, RateHz: s.RateHz, TimeNS: at(first).UnixNano()}
		for k := range src.perTick {
			lo, hi := src.signal(c, float64(first+uint64(k*src.perBucket))/s.RateHz, rng)
			w.MinMax = append(w.MinMax, lo, hi)
		}
		p.hub.PublishWave(&w)
	}
	var last detector.Score
	for k := range src.scores {
		from, to := first+samples*uint64(k)/uint64(src.scores), first+samples*uint64(k+1)/uint64(src.scores)
		part := s.Part
		if src.parts > 0 {
			part = fmt.Sprintf("ring-%04d", 310+int(at(from).Sub(src.start)/src.parts))
		}
		last = detector.Score{Stream: s.Name, Run: 1, First: from, End: to, TimeNS: at(to).UnixNano(), Part: part, Lot: s.Lot, Limit: s.Limit,
			Value: math.Abs(src.level + 0.25*src.level*rng.NormFloat64() + extra*(0.9+0.2*rng.Float64())), Verdict: detector.OK}
		if last.Value > last.Limit {
			last.Verdict = detector.Alarm
			last.Top[0] = detector.Cause{Name: "third_harmonic", Got: 0.21, Expected: 0.04, Share: 0.83}
		}
		if n < 3 {
			last.Value, last.Verdict, last.Reason = math.NaN(), detector.NotAssessed, detector.WarmingUp
		}
		p.hub.PublishScore(&last)
		p.machine.Score(context.Background(), last)
	}
	p.change(i, func(s *web.StreamStatus) {
		s.Phase, s.Part = hub.Watching, last.Part
		s.NewestTime, s.NewestAt = at(first+samples), time.Now()
		s.Score, s.Verdict, s.Reason = last.Value, last.Verdict, last.Reason
		s.Counts.Received += samples
		s.Counts.Scored += uint64(src.scores)
	})
}

// demo is a plant like the demonstration's: a real recording, a time-lapsed log, a simulation.
func demo() ([]web.StreamStatus, []source) {
	streams := []web.StreamStatus{
		{Name: "motor.current", Title: "Induction motor, phase currents", Source: hub.Recording, RateHz: 1000, Phase: hub.Waiting, Score: math.NaN(), Limit: 4, LimitProvisional: true,
			LimitNote: "two healthy recordings cannot support a false-alarm rate; the limit is an engineering tolerance", Reason: detector.WarmingUp, Part: "SC_HLT_003", Note: "healthy",
			Channels: []hub.Channel{{Name: "phase A", Unit: "A"}, {Name: "phase B", Unit: "A"}, {Name: "phase C", Unit: "A"}}, Model: "3f9c21d0"},
		{Name: "machine.temperature", Title: "Machine temperature", Source: hub.Recording, TimeLapsed: true, Speed: 30000, RateHz: 1.0 / 300, Phase: hub.Waiting, Score: math.NaN(), Limit: 4,
			Reason: detector.WarmingUp, Channels: []hub.Channel{{Name: "temperature", Unit: "°C"}}, Model: "b81e07aa"},
		{Name: "grinder.mbn", Title: "Grinder, Barkhausen noise", Source: hub.Simulated, RateHz: 200e3, Phase: hub.Waiting, Score: math.NaN(), Limit: 4, LimitProvisional: true,
			Reason: detector.WarmingUp, Lot: "L-2207", Channels: []hub.Channel{{Name: "mbn", Unit: "V"}}, Model: "77d2c4fe"},
	}
	sources := []source{
		{perTick: 50, perBucket: 1, scores: 1, level: 1.1, start: time.Date(2022, 5, 3, 9, 0, 0, 0, time.UTC),
			signal: func(c int, t float64, rng *rand.Rand) (float32, float32) {
				v := float32(7.2*math.Sin(2*math.Pi*(50*t-float64(c)/3)) + 0.12*rng.NormFloat64())
				return v, v
			}},
		{perTick: 5, perBucket: 1, scores: 5, level: 0.9, start: time.Date(2013, 12, 2, 21, 15, 0, 0, time.UTC),
			signal: func(_ int, t float64, rng *rand.Rand) (float32, float32) {
				v := float32(88 + 6*math.Sin(2*math.Pi*t/86400) + 3*math.Sin(t/31000) + 0.8*rng.NormFloat64())
				return v, v
			}},
		{perTick: 5, perBucket: 2000, scores: 2, level: 1.4, start: time.Date(2026, 11, 25, 6, 0, 0, 0, time.UTC), parts: 4 * time.Second,
			signal: func(_ int, t float64, rng *rand.Rand) (float32, float32) {
				a := 0.02 + 0.5*math.Pow(math.Abs(math.Sin(2*math.Pi*1.2*t)), 12)
				return float32(-a * (0.7 + 0.6*rng.Float64())), float32(a * (0.7 + 0.6*rng.Float64()))
			}},
	}
	return streams, sources
}

// trend publishes scores of stream s at once, so that its tile has something to draw.
func (p *plant) trend(s web.StreamStatus, n, seed int) {
	rng := rand.New(rand.NewPCG(3, uint64(seed)))
	for k := range uint64(n) {
		sc := detector.Score{Stream: s.Name, Run: 1, First: k * 1000, End: (k + 1) * 1000, TimeNS: int64(k+1) * 1e9, Value: 1 + rng.Float64(), Limit: s.Limit, Verdict: s.Verdict}
		if s.Verdict == detector.Alarm && k > uint64(n)/2 {
			sc.Value += 6
		}
		p.hub.PublishScore(&sc)
	}
}
