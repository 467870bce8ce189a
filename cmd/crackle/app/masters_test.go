package app_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"crackle/alert"
	"crackle/alert/evidence"
	"crackle/cmd/crackle/app"
	"crackle/detector"
	"crackle/detector/ledger"
	"crackle/detector/master"
	"crackle/ingest/block"
)

// scaled is a recording as it comes when the sensor of the first of its channels has changed its gain.
func scaled(samples []float32, channels int, gain float32) []float32 {
	out := slices.Clone(samples)
	for i := 0; i < len(out); i += channels {
		out[i] *= gain
	}
	return out
}

// A reference part whose sensor's gain creeps alarms by itself, over a restart of the program, and enters neither the process's alarms nor
// its parts' verdicts; other parts are judged as ever.
func TestScenarioReferencePartTellsSensorDrift(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	text := motorStream("motor.master", `
master = { parts = ["REF*"], measurements = 6, weight = 0.3 }
`)
	cfg := external(t, srv, "[evidence]\npre_s = 0.4\npost_s = 0.1\n"+text)
	saveMotorModel(t, cfg, "motor.master")
	w := start(t, cfg)
	p := w.publisher("motor.master")
	whole := healthy(t)
	n := 500 * len(whole.Channels)
	measure := func(day int, gain float32) {
		t.Helper()
		at := day % 8 * 60 * len(whole.Channels) // another stretch of the recording each day
		name := fmt.Sprintf("REF-%02d", day)
		if err := p.Publish(t.Context(), &block.Block{RateHz: whole.RateHz, Channels: len(whole.Channels), Part: name, Flags: block.PartBegin | block.PartEnd,
			TimeNS: time.Date(2026, 3, 1+day, 6, 0, 0, 0, time.UTC).UnixNano(), Samples: scaled(whole.Samples[at:at+n], len(whole.Channels), gain)}); err != nil {
			t.Fatal(err)
		}
	}
	kept := func(want int) []master.Measurement {
		t.Helper()
		var all []master.Measurement
		eventually(t, fmt.Sprintf("%d measurements", want), func() bool {
			var err error
			if all, err = app.Measurements(within(t), w.Connection(), "motor.master"); err != nil {
				t.Fatal(err)
			}
			return len(all) >= want
		})
		return all
	}
	for day := range 6 {
		measure(day, 1)
	}
	kept(6)
	measure(6, 1)
	publishPart(t, p, whole, "good", 100)
	w.wantVerdict("motor.master", "good", detector.OK)
	if len(kept(7)) != 7 || len(w.events("motor.master", alert.KindMaster)) > 0 {
		t.Fatalf("an unchanged sensor: %d measurements, alarms %v", len(kept(7)), w.events("motor.master", alert.KindMaster))
	}
	w.wantVerdict("motor.master", "REF-06", detector.NotAssessed)
	w.stop()

	again := external(t, srv, "[evidence]\npre_s = 0.4\npost_s = 0.1\n"+text)
	saveMotorModel(t, again, "motor.master")
	w = start(t, again)
	p = w.publisher("motor.master")
	measure(7, 1.6)
	eventually(t, "the alarm", func() bool { return len(w.events("motor.master", alert.KindMaster)) > 0 })
	e := w.events("motor.master", alert.KindMaster)[0]
	if e.Change != alert.Raised || !strings.Contains(e.Alarm.What, "reference part REF-07 does not measure as it used to") || e.Alarm.Score <= 1 {
		t.Errorf("told %s: %+v", e.Change, e.Alarm)
	}
	kept(8)
	js, err := jetstream.New(w.Connection())
	if err != nil {
		t.Fatal(err)
	}
	evidenceOf := func(id string) (pack *evidence.Pack) {
		t.Helper()
		eventually(t, "its evidence", func() bool {
			st, err := evidence.OpenStore(within(t), js, evidence.Bounds{})
			if err != nil {
				return false
			}
			b, err := st.Bytes(within(t), id)
			if err != nil {
				return false
			}
			if pack, err = evidence.Decode(b); err != nil {
				t.Fatal(err)
			}
			return true
		})
		return pack
	}
	pack := evidenceOf(e.Alarm.ID)
	s := cfg.Streams["motor.master"]
	if r, err := evidence.Verify(pack, rescore(app.ModelPath(cfg, &s))); err != nil || !r.OK || len(pack.Windows) == 0 || pack.Windows[len(pack.Windows)-1].Verdict != detector.NotAssessed {
		t.Errorf("its evidence, of %d windows: %+v, %v", len(pack.Windows), r, err)
	}
	w.stop()

	w = start(t, external(t, srv, "[evidence]\npre_s = 0.4\npost_s = 0.1\n"+text)) // it holds still, and is not told again
	if _, body := w.get("/api/v1/alarms"); !strings.Contains(body, e.Alarm.ID) {
		t.Errorf("the alarm is not open after the restart: %s", body)
	}
	p = w.publisher("motor.master")
	measure(8, 1)
	eventually(t, "its end", func() bool {
		all := w.events("motor.master", alert.KindMaster)
		return len(all) > 0 && all[len(all)-1].Change == alert.Cleared
	})
	if all := w.events("motor.master", alert.KindMaster); len(all) != 1 {
		t.Errorf("told after the restart: %+v; want its end alone", all)
	}
	if all := w.events("motor.master", alert.KindScore); len(all) > 0 {
		t.Errorf("alarms of the process: %+v", all)
	}
	for _, m := range kept(9) {
		if m.Master != "REF*" || m.Windows == 0 || len(m.Values) != len(m.Features) {
			t.Errorf("measured %+v", m)
		}
	}
	parts, err := app.Parts(within(t), w.Connection(), app.PartQuery{Part: "REF-06"})
	if err != nil || len(parts) != 1 || strings.Join(parts[0].Reasons, "; ") != "a reference part, judged by its own chart" {
		t.Errorf("kept as %+v, %v", parts, err)
	}
	if s := parts[0].Samples; s.Pending() != 0 || s.Outside != s.Expected {
		t.Errorf("its account: %+v", s)
	}
}

// A reference part is neither learnt from nor scored, and the network begins anew behind it; one that was not seen whole is not measured.
func TestChainLeavesReferencePartsOut(t *testing.T) {
	t.Parallel()
	cfg := parse(t, t.TempDir(), base+motorStream("motor", `master = { parts = ["REF"] }`))
	s := cfg.Streams["motor"]
	plain := s
	plain.Master.Parts = nil
	a, b, ref := asBlock(&motor(t)[0], 1), asBlock(&motor(t)[1], 2), asBlock(faulty(t), 3)
	ref.Part = "REF"
	with, without := teach(t, &s, a, ref, b), teach(t, &plain, a, b)
	if len(with.Record.FitParts)+len(with.Record.HeldParts) != 2 || with.Record.FitRows != without.Record.FitRows || with.Record.FitLoss != without.Record.FitLoss {
		t.Errorf("learnt from %v and %v, %d rows, loss %v; without the reference part %d rows, loss %v",
			with.Record.FitParts, with.Record.HeldParts, with.Record.FitRows, with.Record.FitLoss, without.Record.FitRows, without.Record.FitLoss)
	}
	run := func(blocks ...*block.Block) (scores []detector.Score, measured []string) {
		t.Helper()
		var c *app.Chain
		c, err := app.NewChain(&s, func(x *detector.Score) {
			if x.Part != "REF" {
				scores = append(scores, *x)
			} else if x.Verdict != detector.NotAssessed {
				t.Errorf("a window of the reference part: %+v", x)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		c.OnPart(func(p ledger.Part) {
			if !c.Refers(p.Part) {
				return
			}
			m, why := c.Measured(&p)
			measured = append(measured, fmt.Sprint(why, m.Windows > 0))
		})
		if err := c.Install(without); err != nil {
			t.Fatal(err)
		}
		for _, b := range blocks {
			if err := c.Push(b); err != nil {
				t.Fatal(err)
			}
		}
		c.End()
		return scores, measured
	}
	alone, _ := run(asBlock(healthy(t), 7))
	behind, measured := run(ref, asBlock(healthy(t), 7))
	if len(alone) != len(behind) || len(alone) == 0 {
		t.Fatalf("%d and %d scores", len(alone), len(behind))
	}
	for i := range alone {
		if alone[i].Value != behind[i].Value && alone[i].Verdict != detector.NotAssessed {
			t.Fatalf("window %d: %v alone, %v behind a reference part", i, alone[i].Value, behind[i].Value)
		}
	}
	if len(measured) != 1 || measured[0] != "true" {
		t.Errorf("measured %q", measured)
	}
	half := *ref
	half.First, half.Flags = 5000, block.PartEnd
	twice := *ref // the same part again behind itself
	twice.First = uint64(ref.Count())
	if _, got := run(&half); len(got) != 1 || got[0] != "it was not seen wholefalse" {
		t.Errorf("half of it: %q", got)
	}
	if _, got := run(ref, &twice); len(got) != 2 || got[0] != "true" || got[1] != "true" {
		t.Errorf("twice in a row: %q", got)
	}
}
