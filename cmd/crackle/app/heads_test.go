package app_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"crackle/cmd/crackle/app"
	"crackle/cmd/crackle/config"
	"crackle/detector"
	"crackle/detector/head"
	"crackle/detector/ledger"
	"crackle/detector/master"
	"crackle/ingest/block"
)

// saveHead learns a head of no meaning on a stream's features.
func saveHead(t *testing.T, s *config.Stream, path string) {
	t.Helper()
	c, err := app.NewChain(s, func(*detector.Score) {})
	if err != nil {
		t.Fatal(err)
	}
	names := c.Conditioner.Features().Names()
	r := rand.New(rand.NewPCG(1, 1))
	var samples []head.Sample
	for i := range 30 {
		x := head.Sample{Part: fmt.Sprint(i), Specimen: fmt.Sprint(i % 10), Value: r.NormFloat64()}
		for range 5 {
			row := make([]float32, len(names))
			for j := range row {
				row[j] = float32(r.NormFloat64())
			}
			x.Rows = append(x.Rows, row)
		}
		samples = append(samples, x)
	}
	h, err := head.Fit(t.Context(), head.Config{Stream: s.Name, Target: "wear", Features: names, Conditioning: []byte(s.Fingerprint()), Encoder: head.Linear, Coverage: 0.8}, samples, nil)
	if err != nil {
		t.Fatal(err)
	}
	b, err := h.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if err := app.SaveFile(path, b); err != nil {
		t.Fatal(err)
	}
}

// What reference parts measure, and heads answer, is the same to the bit when the chain is taken up from a checkpoint in the middle of a part.
func TestPassagesSavedAndRestored(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cfg := parse(t, dir, base+motorStream("motor", "heads = [\"wear.head\"]\nmaster = { parts = [\"REF\"] }"))
	s := cfg.Streams["motor"]
	saveHead(t, &s, filepath.Join(dir, "wear.head"))
	whole := healthy(t)
	var all []*block.Block
	next := uint64(0)
	for _, name := range []string{"REF", "P-1", "REF", "REF", "P-2", "P-3"} {
		n := whole.Samples
		rows := len(n) / len(whole.Channels)
		for from := 0; from < rows; from += 100 {
			b := &block.Block{Run: 9, First: next, RateHz: whole.RateHz, Channels: len(whole.Channels), Part: name, Samples: n[from*3 : min(from+100, rows)*3]}
			if from == 0 {
				b.Flags |= block.PartBegin
			}
			if from+100 >= rows {
				b.Flags |= block.PartEnd
			}
			next += uint64(len(b.Samples) / 3)
			all = append(all, b)
		}
	}
	run := func(cut int) (measured []master.Measurement, said []ledger.Estimate, saved []byte) {
		fresh := func() *app.Chain {
			c, err := app.NewChain(&s, func(*detector.Score) {})
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Answer(&s); err != nil {
				t.Fatal(err)
			}
			c.OnPart(func(p ledger.Part) {
				p.Judge(p.Needed)
				if c.Refers(p.Part) {
					m, why := c.Measured(&p)
					if why != "" {
						t.Errorf("cut at %d: part %s at %d: %s", cut, p.Part, p.First, why)
					}
					measured = append(measured, m)
				}
				said = append(said, c.Estimates(&p)...)
			})
			return c
		}
		c := fresh()
		for i, b := range all {
			if i == cut {
				saved = c.AppendWhole(nil)
				c = fresh()
				if err := c.RestoreState(saved); err != nil {
					t.Fatal(err)
				}
			}
			if err := c.Push(b); err != nil {
				t.Fatal(err)
			}
		}
		c.End()
		return measured, said, saved
	}
	measured, said, _ := run(-1)
	if len(measured) != 3 || len(said) != 3 || said[0].Reason != "" || math.IsNaN(float64(said[0].Value)) {
		t.Fatalf("%d measured, estimates %+v", len(measured), said)
	}
	rapid.Check(t, func(r *rapid.T) {
		m, e, _ := run(rapid.IntRange(0, len(all)-1).Draw(r, "cut"))
		if fmt.Sprint(m) != fmt.Sprint(measured) || fmt.Sprint(e) != fmt.Sprint(said) {
			r.Fatalf("measured %v and said %v, in one go %v and %v", m, e, measured, said)
		}
	})
	_, _, saved := run(14)
	for what, b := range map[string][]byte{"cut": saved[:len(saved)-2], "longer": append(saved[:len(saved):len(saved)], 1), "damaged": append(saved[:len(saved)-5:len(saved)-5], "}{}{}"...)} {
		c, err := app.NewChain(&s, func(*detector.Score) {})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.RestoreState(b); err == nil || !strings.Contains(err.Error(), "stream motor") {
			t.Errorf("a state that is %s: %v", what, err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "wear.head"), []byte("no head"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := app.NewChain(&s, func(*detector.Score) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Answer(&s); err == nil {
		t.Error("a file that is no head was taken")
	}
	if e := c.Estimates(&ledger.Part{Part: "P"}); len(e) != 1 || !strings.Contains(e[0].Reason, "wear.head") {
		t.Errorf("answers %+v", e)
	}
}

// Remembering windows for heads, and adding them up for reference parts, allocates nothing once a part as long has been seen.
func TestPassagesAllocateNothing(t *testing.T) {
	dir := t.TempDir()
	cfg := parse(t, dir, base+motorStream("motor", "heads = [\"wear.head\"]\nmaster = { parts = [\"REF\"] }"))
	s := cfg.Streams["motor"]
	saveHead(t, &s, filepath.Join(dir, "wear.head"))
	for _, part := range []string{"P-1", "REF"} {
		c, err := app.NewChain(&s, func(*detector.Score) {})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Answer(&s); err != nil {
			t.Fatal(err)
		}
		b := &block.Block{Run: 1, RateHz: 1000, Channels: 3, Part: part, Samples: healthy(t).Samples[:300]}
		push := func() {
			if err := c.Push(b); err != nil {
				t.Fatal(err)
			}
			b.First += 100
		}
		for range 300 { // past the growth of the buffer to 1,024 windows
			push()
		}
		if got := testing.AllocsPerRun(100, push); got > 0.5 {
			t.Errorf("part %s: %v allocations a block", part, got)
		}
	}
}
