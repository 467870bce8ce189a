package app_test

import (
	"math"
	"testing"

	"crackle/cmd/crackle/app"
	"crackle/cmd/crackle/config"
	"crackle/detector"
	"crackle/ingest/block"
)

// payloads encodes a signal, repeated for as long as n blocks of the given number of rows last, as its messages.
func payloads(t *testing.T, signal *block.Block, rows, n int) (out [][]byte) {
	t.Helper()
	b := block.Block{Run: 1, RateHz: signal.RateHz, Channels: signal.Channels, Part: "P-1", Lot: "L-1"}
	b.Samples = make([]float32, rows*b.Channels)
	at := 0
	for range n {
		for i := range b.Samples {
			b.Samples[i] = signal.Samples[at]
			at = (at + 1) % len(signal.Samples)
		}
		p, err := block.Append(nil, &b, block.F32)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
		b.Seq++
		b.First += uint64(rows)
		b.TimeNS += int64(float64(rows) / b.RateHz * 1e9)
	}
	return out
}

// From the bytes of a message to its scores nothing is allocated once warm, with and without a filter, and when samples are bad.
func TestPayloadToScoreAllocatesNothing(t *testing.T) {
	cfg := parse(t, t.TempDir(), join(base, motorStream("motor", ""), noiseStream("mbn", "core")))
	signals := noise(t, 0.1, 0.1)
	bad := *signals[0]
	bad.Samples = append([]float32(nil), bad.Samples...)
	for i := 3; i < len(bad.Samples); i += 4999 {
		bad.Samples[i] = float32(math.NaN())
		copy(bad.Samples[i-3:i], []float32{float32(math.Inf(1)), 1e38, -1e38})
	}
	recording := asBlock(healthy(t), 1)
	motor := cfg.Streams["motor"]
	saveMotorModel(t, cfg, "motor")
	mbn := cfg.Streams["mbn"]
	mbnModel := teach(t, &mbn, signals...)
	for _, tt := range []struct {
		name   string
		stream config.Stream
		model  *detector.Model
		signal *block.Block
		rows   int
	}{
		{"without a filter", motor, motorModel.model, recording, 100},
		{"with a filter", mbn, mbnModel, signals[0], 1000},
		{"with bad samples", mbn, mbnModel, &bad, 1000},
		{"large blocks", mbn, mbnModel, signals[0], 20000},
		{"while nothing is learnt", motor, nil, recording, 100},
	} {
		t.Run(tt.name, func(t *testing.T) {
			const warm, runs = 20, 100
			windows, scored := 0, 0
			c, err := app.NewChain(&tt.stream, func(s *detector.Score) {
				windows++
				if s.Verdict != detector.NotAssessed {
					scored++
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			if tt.model != nil {
				if err := c.Install(tt.model); err != nil {
					t.Fatal(err)
				}
			}
			decoder, err := block.NewDecoder(tt.stream.Decoding())
			if err != nil {
				t.Fatal(err)
			}
			messages := payloads(t, tt.signal, tt.rows, warm+runs+1)
			var b block.Block
			next := 0
			push := func() {
				if err := decoder.Decode(&b, messages[next], nil); err != nil {
					t.Fatal(err)
				}
				if err := c.Push(&b); err != nil {
					t.Fatal(err)
				}
				next++
			}
			for range warm {
				push()
			}
			windows, scored = 0, 0
			if n := testing.AllocsPerRun(runs, push); n != 0 {
				t.Errorf("%g allocations per block, want 0", n)
			}
			if windows < runs || tt.model != nil && scored < windows/4 {
				t.Errorf("only %d windows and %d scores were measured", windows, scored)
			}
		})
	}
}
