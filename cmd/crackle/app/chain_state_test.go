package app_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"crackle/cmd/crackle/app"
	"crackle/cmd/crackle/config"
	"crackle/detector"
	"crackle/ingest/block"
)

// A chain that takes up the state of another goes on to the bit, wherever it is cut, with and without decimation.
func TestChainStateSavedAndRestored(t *testing.T) {
	t.Parallel()
	cfg := parse(t, t.TempDir(), join(base, noiseStream("plain", "core"), noiseStream("slowed", "core")))
	signals := noise(t, 0.2, 0.1)
	for _, name := range []string{"plain", "slowed"} {
		s := cfg.Streams[name]
		if name == "slowed" {
			s.Decimate, s.Filter.HighHz, s.Window.Length, s.Window.Hop = 2, 40e3, 500, 200
			s.Features.List = []string{"log_rms", "kurtosis", "spectral_centroid"}
		}
		m := teach(t, &s, signals[0])
		fresh := func(out *[]detector.Score) *app.Chain {
			c, err := app.NewChain(&s, func(v *detector.Score) { *out = append(*out, *v) })
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Install(m); err != nil {
				t.Fatal(err)
			}
			return c
		}
		run := func(blocks []*block.Block, restart int) (out []detector.Score, saved []byte) {
			c := fresh(&out)
			for i, b := range blocks {
				if i == restart {
					saved = c.AppendState(nil)
					c = fresh(&out)
					if err := c.RestoreState(saved); err != nil {
						t.Fatal(err)
					}
				}
				if err := c.Push(b); err != nil {
					t.Fatal(err)
				}
			}
			c.End()
			return out, saved
		}
		want, _ := run([]*block.Block{signals[1]}, -1)
		if n := assessed(want); n < 20 {
			t.Fatalf("%s: %d windows with a score", name, n)
		}
		rapid.Check(t, func(r *rapid.T) {
			blocks := cut(signals[1], func() int { return rapid.IntRange(1, 3000).Draw(r, "rows") })
			got, _ := run(blocks, rapid.IntRange(0, len(blocks)-1).Draw(r, "restart"))
			sameBits(t, name, got, want)
		})

		_, saved := run(cut(signals[1], func() int { return 1234 }), 4)
		for what, b := range map[string][]byte{"later": append([]byte{99}, saved[1:]...), "cut": saved[:len(saved)-3], "empty": nil} {
			var out []detector.Score
			c := fresh(&out)
			if err := c.RestoreState(b); err == nil || !strings.Contains(err.Error(), "stream "+name) {
				t.Errorf("%s, a state that is %s: %v", name, what, err)
			}
			if err := c.Push(signals[1]); err != nil {
				t.Fatal(err)
			}
			c.End()
			sameBits(t, name+" anew after a state that is "+what, out, want)
		}
		otherModel(t, s, signals[0], saved)
	}
}

func otherModel(t *testing.T, s config.Stream, lesson *block.Block, saved []byte) {
	s.Network.Seed++
	c, err := app.NewChain(&s, func(*detector.Score) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Install(teach(t, &s, lesson)); err != nil {
		t.Fatal(err)
	}
	if err := c.RestoreState(saved); err == nil || !strings.Contains(err.Error(), "model") {
		t.Errorf("a state of another model: %v", err)
	}
}
