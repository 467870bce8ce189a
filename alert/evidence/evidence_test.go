package evidence

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"crackle/alert"
	"crackle/detector"
	"crackle/ingest/block"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// full is a pack with something in every place.
func full() *Pack {
	p := &Pack{
		Version: version, Alarm: alert.Alarm{ID: "59a4c6af05f4f0dd", Stream: "motor.current", Kind: alert.KindScore, Run: 7, Onset: 1000, Score: 6, Limit: 4},
		Made: time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC), Program: "1.0", Kernel: "avx2", Model: "m", Config: "c", Ledger: json.RawMessage(`{"scored":12}`),
		Raw: Signal{RateHz: 1000, Channels: []string{"a", "b"}, Segments: []Segment{{Run: 7, First: 990, Count: 2, TimeNS: 5, Flags: block.PartBegin, Part: "p", Lot: "l"}, {Run: 7, First: 995, Count: 1}},
			Samples: []float32{1, 2, 3, float32(math.Inf(1)), float32(math.NaN()), -0.5}},
		Conditioned: Signal{RateHz: 500, Channels: []string{"a"}, Segments: []Segment{{Run: 7, First: 495, Count: 1}}, Samples: []float32{0.25}},
		Features:    []Feature{{Name: "rms_v", Unit: "V", Low: 0.1, High: 0.3}, {Name: "peak_v", Unit: "V"}},
		Start:       Start{Run: 7, Index: 905, Known: true, State: []byte{1, 2, 3, 0}},
	}
	for i := range 3 {
		w := Window{Score: detector.Score{Stream: "motor.current", Run: 7, First: uint64(900 + 10*i), End: uint64(910 + 10*i), TimeNS: 77, Part: "p", Value: 1 / float64(3+i), Limit: 4, Verdict: detector.OK}}
		w.Top[0] = detector.Cause{Feature: 1, Name: "peak_v", Got: 0.1, Expected: math.NaN(), Share: 1}
		if i == 1 {
			w.Value, w.Limit, w.Verdict, w.Reason = math.NaN(), math.Inf(1), detector.NotAssessed, detector.SignalDefect
		} else {
			w.Features = []float32{0.5, float32(i)}
		}
		p.Windows = append(p.Windows, w)
	}
	return p
}

func TestFormat(t *testing.T) {
	want := full()
	b, err := Encode(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateNaNs(), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("pack changed (-want +got):\n%s", diff)
	}
	again, err := Encode(got)
	if err != nil || !slices.Equal(b, again) {
		t.Errorf("written again it differs: %v", err)
	}
	for i := range b { // every bit of it is guarded
		b[i] ^= 1
		if _, err := Decode(b); !errors.Is(err, ErrFormat) {
			t.Fatalf("byte %d changed: %v", i, err)
		}
		b[i] ^= 1
	}
	for i := range b {
		if _, err := Decode(b[:i]); !errors.Is(err, ErrFormat) {
			t.Fatalf("cut at %d: %v", i, err)
		}
	}
	for name, spoil := range map[string]func(*Pack){
		"no alarm":  func(p *Pack) { p.Alarm.ID = "" },
		"samples":   func(p *Pack) { p.Raw.Samples = p.Raw.Samples[1:] },
		"count":     func(p *Pack) { p.Raw.Segments[0].Count = -1 },
		"overflow":  func(p *Pack) { p.Raw.Segments[0].First = math.MaxUint64 },
		"channels":  func(p *Pack) { p.Raw.Channels = make([]string, 65) },
		"rate":      func(p *Pack) { p.Conditioned.RateHz = math.NaN() },
		"features":  func(p *Pack) { p.Windows[0].Features = p.Windows[0].Features[:1] },
		"too wide":  func(p *Pack) { p.Features = make([]Feature, maxColumns+1) },
		"too great": func(p *Pack) { p.Raw.Segments[1].Count = maxPack + 1 },
	} {
		p := full()
		spoil(p)
		if _, err := Encode(p); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// signal is a stream whose sample i of channel c says i and c, cut into blocks with gaps, new parts and new runs.
type frame struct {
	run, index uint64
	part       string
}

// TestRing drives a ring with any blocks and holds it against a plain list of the newest frames.
func TestRing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const channels = 2
		capacity := rapid.IntRange(1, 60).Draw(t, "capacity")
		r := newRing(channels, capacity, 1000)
		var all []frame
		run, index, part := uint64(1), uint64(0), "p"
		for range rapid.IntRange(1, 60).Draw(t, "blocks") {
			var flags block.Flags
			switch rapid.IntRange(0, 9).Draw(t, "event") {
			case 0:
				index += uint64(rapid.IntRange(1, 100).Draw(t, "gap"))
			case 1:
				run, index = run+1, 0
			case 2:
				part += "'"
				flags = block.PartBegin
			case 3:
				flags = block.PartEnd
			}
			n := rapid.IntRange(0, 80).Draw(t, "count")
			samples := make([]float32, 0, channels*n)
			for i := range n {
				samples = append(samples, float32(index)+float32(i), float32(run))
				all = append(all, frame{run, index + uint64(i), part})
			}
			r.push(Segment{Run: run, First: index, Part: part, Flags: flags}, samples)
			index += uint64(n)
		}
		held := all[max(0, len(all)-capacity):]
		lo, hi := uint64(rapid.IntRange(0, 1500).Draw(t, "lo")), uint64(rapid.IntRange(0, 3000).Draw(t, "hi"))
		segs, samples := r.copyOut(run, lo, hi)
		var got, want []frame
		for _, g := range segs {
			for i := range g.Count {
				if v := samples[channels*len(got)]; v != float32(g.First)+float32(i) || samples[channels*len(got)+1] != float32(g.Run) {
					t.Fatalf("segment %+v holds %g at its sample %d", g, v, i)
				}
				got = append(got, frame{g.Run, g.First + uint64(i), g.Part})
			}
		}
		for _, f := range held {
			if f.run == run && f.index >= lo && f.index < hi {
				want = append(want, f)
			}
		}
		if r.n != len(held) || !slices.Equal(got, want) {
			t.Fatalf("holds %d of %d frames; copied %v, want %v", r.n, len(held), got, want)
		}
	})
}

// TestVerifyCompares holds what counts as agreement.
func TestVerifyCompares(t *testing.T) {
	for name, c := range map[string]struct {
		kernel string
		change func([]detector.Score) []detector.Score
		ok     bool
	}{
		"same":              {"avx2", func(s []detector.Score) []detector.Score { return s }, true},
		"one bit":           {"avx2", func(s []detector.Score) []detector.Score { s[0].Value = math.Nextafter(s[0].Value, 1); return s }, false},
		"other kernel":      {"generic", func(s []detector.Score) []detector.Score { s[0].Value += 1e-7; return s }, true},
		"too far":           {"generic", func(s []detector.Score) []detector.Score { s[2].Value += 1e-3; return s }, false},
		"a number for none": {"generic", func(s []detector.Score) []detector.Score { s[1].Value = 1; return s }, false},
		"window missing":    {"avx2", func(s []detector.Score) []detector.Score { return s[:2] }, false},
		"verdict":           {"avx2", func(s []detector.Score) []detector.Score { s[0].Verdict = detector.Alarm; return s }, false},
		"nothing":           {"avx2", func(s []detector.Score) []detector.Score { return nil }, false},
	} {
		p := full()
		r, err := Verify(p, replay{c.kernel, c.change})
		if err != nil || r.OK != c.ok || r.Why == "" {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
		if _, err := json.Marshal(r); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	p := full()
	p.Start.Known = false
	if _, err := Verify(p, replay{"avx2", nil}); err == nil {
		t.Error("scored without a state")
	}
}

// replay hands on the pack's own scores, changed.
type replay struct {
	kernel string
	change func([]detector.Score) []detector.Score
}

func (r replay) Kernel() string     { return r.kernel }
func (r replay) Tolerance() float64 { return 1e-5 }
func (r replay) Score(p *Pack, emit func(*detector.Score)) error {
	var all []detector.Score
	for _, w := range p.Windows {
		all = append(all, w.Score)
	}
	for _, s := range r.change(all) {
		emit(&s)
	}
	return nil
}

func noise(seed uint64, n int) []float32 {
	rnd := rand.New(rand.NewPCG(seed, 1))
	out := make([]float32, n)
	for i := range out {
		out[i] = float32(rnd.NormFloat64())
	}
	return out
}
