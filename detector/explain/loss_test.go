package explain

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"crackle/detector/head"
	"crackle/window"
)

// TestLossOfDetector: parts are bad in one feature, and only without it are they no longer told from good ones.
func TestLossOfDetector(t *testing.T) {
	m, rows := taught(t, false)
	var set []Tested
	for p := range 24 {
		x := Tested{Part: fmt.Sprint(p), Bad: p%3 == 0}
		for i := range 40 {
			w := window.Window{Fresh: i == 0, Features: row32(rows[10*p+i])}
			if x.Bad && i > 25 {
				w.Features[2] += 6
			}
			x.Windows = append(x.Windows, w)
		}
		set = append(set, x)
	}
	l, err := OfDetector(context.Background(), m, set, LossConfig{Channels: []string{"a", "b", "none"}})
	if err != nil {
		t.Fatal(err)
	}
	if l.Merit != AUC || l.Whole < 0.95 || l.Parts != 24 || l.Features[0].Name != "b.rms" || l.Features[0].Masked > 0.75 || l.Features[0].Low <= 0 {
		t.Errorf("loss %+v", l)
	}
	for _, x := range l.Features[1:] {
		if math.Abs(x.Loss) > 0.1 {
			t.Errorf("a feature that says nothing: %+v", x)
		}
	}
	if len(l.Channels) != 2 || l.Channels[0].Name != "b" || !(l.Channels[0].Loss > l.Channels[1].Loss) {
		t.Errorf("channels %+v", l.Channels)
	}
	for i := range set {
		set[i].Bad = false
	}
	if _, err := OfDetector(context.Background(), m, set, LossConfig{}); err == nil || !strings.Contains(err.Error(), "24 good and 0 bad parts") {
		t.Errorf("without a bad part: %v", err)
	}
	stopped, cancel := context.WithCancel(context.Background())
	cancel()
	set[0].Bad = true
	if _, err := OfDetector(stopped, m, set, LossConfig{}); err != context.Canceled {
		t.Errorf("stopped: %v", err)
	}
}

// learnt is a head whose answer rests on the first feature, and with the encoder gru on its late windows.
func learnt(t *testing.T, e head.Encoder) (*head.Head, []head.Sample) {
	t.Helper()
	r := rand.New(rand.NewPCG(3, 9))
	var samples []head.Sample
	for k := range 12 {
		for i := range 8 {
			y := r.NormFloat64()
			s := head.Sample{Part: fmt.Sprintf("%d/%d", k, i), Specimen: fmt.Sprint(k), Value: 10 * y}
			for t := range 10 {
				v := r.NormFloat64()
				if t >= 8 {
					v = y + 0.1*v
				}
				s.Rows = append(s.Rows, []float32{float32(v), float32(r.NormFloat64()), float32(t)})
			}
			samples = append(samples, s)
		}
	}
	h, err := head.Fit(t.Context(), head.Config{Stream: "s", Target: "wear", Unit: "um", Features: []string{"a.rms", "b.rms", "b.peak"}, Encoder: e, Epochs: 150, Seed: 1, Coverage: 0.8}, samples, nil)
	if err != nil {
		t.Fatal(err)
	}
	return h, samples
}

// TestAttentionOfHead: the windows that the target shows in have more than their share; what has no attention is refused by name.
func TestAttentionOfHead(t *testing.T) {
	h, samples := learnt(t, head.GRU)
	late := 0.0
	for _, s := range samples[:20] {
		x, e, err := Head(h, s.Rows, Config{Method: Attention})
		if err != nil {
			t.Fatal(err)
		}
		if len(x.Map) != len(s.Rows) || len(x.Map[0]) != 1 || !x.Sums.Complete || len(x.Top) != 3 || x.Top[0].Share < x.Top[1].Share || !strings.Contains(x.Top[0].Words, "of the attention") || math.Abs(x.Score-math.Abs(e.Value-h.Fitted.Middle)) > 1e-9 {
			t.Fatalf("%+v of %+v", x, e)
		}
		late += (x.Map[8][0] + x.Map[9][0]) / 20
	}
	if late < 0.3 {
		t.Errorf("the two windows of ten that tell have %.2f of the attention", late)
	}
	linear, _ := learnt(t, head.Linear)
	if _, _, err := Head(linear, samples[0].Rows, Config{Method: Attention}); err == nil || !strings.Contains(err.Error(), "wear has no attention") {
		t.Errorf("a linear head: %v", err)
	}
}

// TestMaskingOfHead names the feature that the answer rests on, in one part and over a test set.
func TestMaskingOfHead(t *testing.T) {
	for _, e := range []head.Encoder{head.Linear, head.GRU} {
		h, samples := learnt(t, e)
		at := 0
		for i := range samples[:30] {
			if samples[i].Value > samples[at].Value {
				at = i
			}
		}
		x, _, err := Head(h, samples[at].Rows, Config{Method: Masking})
		if err != nil {
			t.Fatal(err)
		}
		if x.Method != Masking || len(x.Top) == 0 || x.Top[0].Name == "b.rms" || x.ByFeat[0] <= 0 { // the network tells early from late by b.peak
			t.Errorf("%s: by %s %+v", e, x.Method, x.Top)
		}
		var set []Tested
		for _, s := range samples {
			set = append(set, Tested{Part: s.Part, Rows: s.Rows, Value: s.Value})
		}
		l, err := OfHead(context.Background(), h, set, LossConfig{Channels: []string{"a", "b"}})
		if err != nil {
			t.Fatal(err)
		}
		if l.Merit != Error || len(l.Channels) != 2 || e == head.Linear && l.Features[0].Name != "a.rms" {
			t.Errorf("%s: %+v", e, l)
		}
		loss := map[string]float64{}
		for _, x := range l.Features {
			loss[x.Name] = x.Loss
		}
		for _, x := range l.Features {
			switch x.Name {
			case "a.rms":
				if x.Low <= 0 || x.Masked < 1.2*l.Whole {
					t.Errorf("%s, what the target shows in: %+v of %v", e, x, l.Whole)
				}
			case "b.rms":
				if e == head.GRU && x.Loss > loss["a.rms"]/2 { // the linear one also reads how much it moves, which masking takes away
					t.Errorf("%s, what says nothing: %+v, beside %v", e, x, loss)
				}
			}
		}
	}
}

// TestGradientsOfHead: integrated gradients of a head's networks are complete, for numbers and for classes, and those of a linear head are refused.
func TestGradientsOfHead(t *testing.T) {
	h, samples := learnt(t, head.GRU)
	for i, s := range samples[:12] {
		x, e, err := Head(h, s.Rows, Config{})
		if err != nil {
			t.Fatal(err)
		}
		if x.Method != Integrated || !x.Sums.Complete || math.Abs(x.Score-math.Abs(e.Value-h.Fitted.Middle)) > 1e-3 {
			t.Errorf("part %d: by %s, score %v of %v, sums %+v", i, x.Method, x.Score, e.Value, x.Sums)
		}
		if y, _, err := Head(h, s.Rows, Config{Method: Saliency}); err != nil || len(y.Map) != len(s.Rows) {
			t.Errorf("saliency: %v", err)
		}
	}
	r := rand.New(rand.NewPCG(3, 2))
	var classed []head.Sample
	for k := range 12 {
		for i := range 6 {
			s := head.Sample{Part: fmt.Sprintf("%d/%d", k, i), Specimen: fmt.Sprint(k), Class: []string{"new", "worn", "broken"}[i%3]}
			for range 8 {
				s.Rows = append(s.Rows, []float32{float32(float64(i%3) + 0.3*r.NormFloat64()), float32(r.NormFloat64()), 1})
			}
			classed = append(classed, s)
		}
	}
	h, err := head.Fit(t.Context(), head.Config{Stream: "s", Target: "state", Classes: []string{"broken", "new", "worn"}, Features: []string{"a.rms", "b.rms", "b.peak"}, Encoder: head.GRU, Coverage: 0.8}, classed, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range classed[:6] {
		x, e, err := Head(h, s.Rows, Config{})
		if err != nil {
			t.Fatal(err)
		}
		if x.Method != Integrated || !x.Sums.Complete || math.Abs(x.Score-e.Probability[e.Class]) > 1e-4 {
			t.Errorf("class %s: score %v of %v, sums %+v", e.Class, x.Score, e.Probability, x.Sums)
		}
	}
	linear, _ := learnt(t, head.Linear)
	if _, _, err := Head(linear, samples[0].Rows, Config{Method: Integrated}); err == nil || !strings.Contains(err.Error(), "no gradient worth having") {
		t.Errorf("a linear head: %v", err)
	}
	long := make([][]float32, 300)
	for i := range long {
		long[i] = samples[0].Rows[i%10]
	}
	h, _ = learnt(t, head.GRU)
	if _, _, err := Head(h, long, Config{Method: Integrated}); err == nil || !strings.Contains(err.Error(), "300 windows") {
		t.Errorf("a long part: %v", err)
	}
	if x, _, err := Head(h, long, Config{}); err != nil || x.Method != Masking {
		t.Errorf("a long part: %+v, %v", x, err)
	}
}
