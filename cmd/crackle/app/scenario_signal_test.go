package app_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"crackle/alert"
	"crackle/cmd/crackle/app"
	"crackle/detector"
	"crackle/detector/ledger"
	"crackle/ingest/block"
)

// bare publishes blocks as they stand, with JetStream's store in between, past any publisher's order.
func (w *watch) bare(stream string, blocks ...*block.Block) {
	w.t.Helper()
	for _, b := range blocks {
		p, err := block.Append(nil, b, block.F32)
		if err != nil {
			w.t.Fatal(err)
		}
		if err := w.Connection().Publish(block.SubjectPrefix+stream, p); err != nil {
			w.t.Fatal(err)
		}
	}
	if err := w.Connection().FlushTimeout(patience); err != nil {
		w.t.Fatal(err)
	}
}

// runOf is production under a run of its own, with counters.
func runOf(t *testing.T, run uint64, parts int) []*block.Block {
	blocks := production(t, parts)
	for i, b := range blocks {
		b.Run, b.Seq, b.TimeNS = run, uint64(i), time.Now().Add(-time.Hour).UnixNano()+int64(b.First)*1e6
	}
	return blocks
}

// sameAsClean holds a run's scores and parts against those of the same blocks, undisturbed.
func (w *watch) sameAsClean(what string, run uint64, want map[uint64]uint64, parts []ledger.Part) {
	w.t.Helper()
	over := func() (out []ledger.Part) {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, p := range w.parts {
			if p.Run == run {
				out = append(out, p)
			}
		}
		return out
	}
	eventually(w.t, what+": the parts", func() bool { return len(over()) == len(parts) })
	got := map[uint64]uint64{}
	for _, s := range w.windows("motor") {
		if s.Run == run {
			got[s.First] = math.Float64bits(s.Value)
		}
	}
	if len(got) != len(want) {
		w.t.Errorf("%s: %d windows, want %d", what, len(got), len(want))
	}
	for first, bits := range want {
		if got[first] != bits {
			w.t.Fatalf("%s: the window at %d scores other bits", what, first)
		}
	}
	for i, p := range over() {
		if q := parts[i]; p.Part != q.Part || p.Samples.Expected != q.Samples.Expected || p.Samples.Received != q.Samples.Received || p.Samples.Scored != q.Samples.Scored || p.Samples.Missing != 0 {
			w.t.Errorf("%s: part %+v, want %+v", what, p, q)
		}
	}
}

// One block is dated a day ahead among good ones, one a day back; then the publisher starts again and counts from zero. Scores are those of
// the clean run, the clock is told of, and nothing is missing.
func TestScenarioWrongDatesAndCountersFromZero(t *testing.T) {
	t.Parallel()
	cfg := parse(t, t.TempDir(), join(base, motorStream("motor", "")))
	saveMotorModel(t, cfg, "motor")
	s := cfg.Streams["motor"]
	want, parts := undisturbed(t, &s, production(t, 4))
	w := start(t, cfg)
	blocks := runOf(t, 11, 4)
	blocks[20].TimeNS += int64(24 * time.Hour)
	blocks[41].TimeNS -= int64(24 * time.Hour)
	w.bare("motor", blocks...)
	w.sameAsClean("wrong dates", 11, want, parts)
	a := w.alarmed("motor", alert.KindClock, alert.Raised).Alarm
	wantAll(t, a.What, "the publisher's clock jumped by")
	if a.Onset%50 != 0 || a.Run != 11 {
		t.Errorf("alarm %+v", a)
	}
	w.bare("motor", runOf(t, 12, 4)...)
	w.sameAsClean("counters from zero", 12, want, parts)
	if c := w.counts("motor"); c.Missing+c.Late.Samples+c.Duplicated.Samples != 0 || c.Runs != 2 {
		t.Errorf("counts %+v", c)
	}
}

// Blocks come twice, in the wrong order within the reorder horizon, and both: the scores are those of the clean run, to the bit.
func TestScenarioTwiceAndOutOfOrder(t *testing.T) {
	t.Parallel()
	cfg := parse(t, t.TempDir(), join(base, motorStream("motor", "reorder_blocks = 8")))
	saveMotorModel(t, cfg, "motor")
	s := cfg.Streams["motor"]
	want, parts := undisturbed(t, &s, production(t, 4))
	w := start(t, cfg)
	rnd := rand.New(rand.NewPCG(3, 4))
	twice, swapped := uint64(0), 0
	for run := uint64(21); run < 24; run++ {
		blocks := runOf(t, run, 4)
		var sent []*block.Block
		for i := 0; i < len(blocks); { // groups of up to four in any order, the run's first and last in their place
			n := min(1+rnd.IntN(4), len(blocks)-i)
			if i == 0 || i+n == len(blocks) {
				n = 1
			}
			group := append([]*block.Block(nil), blocks[i:i+n]...)
			rnd.Shuffle(n, func(a, b int) { group[a], group[b] = group[b], group[a] })
			for k, b := range group {
				sent = append(sent, b)
				if b != blocks[i+k] {
					swapped++
				}
				if rnd.IntN(3) == 0 && i > 0 {
					sent = append(sent, b)
					twice += uint64(b.Count())
				}
			}
			i += n
		}
		w.bare("motor", sent...)
		w.sameAsClean(fmt.Sprintf("run %d", run), run, want, parts)
	}
	c := w.counts("motor")
	if c.Duplicated.Samples != twice || c.Missing+c.Late.Samples != 0 || c.Reordered.Blocks == 0 || swapped == 0 {
		t.Errorf("%d samples sent twice, %d blocks out of order; counts %+v", twice, swapped, c)
	}
}

// A sensor that never speaks, and one that falls silent for a night, which is thirty times what it may, and comes back: an alarm each, told and
// journalled once, and its end.
func TestScenarioSilentSensors(t *testing.T) {
	t.Parallel()
	quiet := func(name string) string {
		return strings.Replace(meterStream(name, "", ""), "no_data_s = 300", "no_data_s = 0.2", 1)
	}
	cfg := parse(t, t.TempDir(), join(base, quiet("never"), quiet("night")))
	w := start(t, cfg)
	p := w.publisher("night")
	publish(t, p, tone(200, time.Time{}, ""))
	flush(t, p)
	var a alert.Alarm
	eventually(t, "the silence of night, once it was heard", func() bool {
		for _, e := range w.events("night", alert.KindNoData) { // on a busy machine it may have been silent before as well
			if e.Change == alert.Raised && strings.Contains(e.Alarm.What, "last heard at") {
				a = e.Alarm
			}
		}
		return a.ID != ""
	})
	if a.Run != p.Run() || a.Onset != 200 {
		t.Errorf("alarm %+v", a)
	}
	if a := w.alarmed("never", alert.KindNoData, alert.Raised).Alarm; !strings.Contains(a.What, "never heard since the start") {
		t.Errorf("alarm %+v", a)
	}
	for dawn := time.Now().Add(6 * time.Second); time.Now().Before(dawn); time.Sleep(100 * time.Millisecond) {
		if st := w.Status("night"); st.OpenAlarms == 0 {
			t.Fatalf("in the night it is %+v", st)
		}
	}
	b := tone(200, time.Time{}, "")
	b.First = p.Next() + 5000 // it counted on
	publish(t, p, b)
	for range 20 { // more than wait for what is missing
		publish(t, p, tone(200, time.Time{}, ""))
	}
	flush(t, p)
	eventually(t, "its end", func() bool {
		return slices.ContainsFunc(w.events("night", alert.KindNoData), func(e alert.Event) bool { return e.Change == alert.Cleared && e.Alarm.ID == a.ID })
	})
	if gap := w.alarmed("night", alert.KindGap, alert.Listed).Alarm; gap.Cause != a.ID || gap.Score != 5000 {
		t.Errorf("the gap is %+v; it is explained by the silence %s", gap, a.ID)
	}
	journalled := func() (changes []alert.Change) {
		for _, e := range entries(t, w) {
			if e.Event != nil && e.Event.Alarm.ID == a.ID {
				changes = append(changes, e.Event.Change)
			}
		}
		return changes
	}
	eventually(t, "the journal", func() bool { return len(journalled()) >= 2 })
	if got := journalled(); !slices.Equal(got, []alert.Change{alert.Raised, alert.Cleared}) {
		t.Errorf("the journal has %v", got)
	}
	if n := len(w.events("never", alert.KindNoData)); n != 1 {
		t.Errorf("%d events of the one that never spoke", n)
	}
}

// A dead channel, a block and a part without samples, and signals a billion times smaller and larger: no panic, and no verdict that is false.
func TestScenarioDegenerateSignals(t *testing.T) {
	t.Parallel()
	scales := map[string]float32{"tiny": 1e-9, "plain": 1, "huge": 1e9}
	var text strings.Builder
	text.WriteString(base)
	for name := range scales {
		text.WriteString(strings.NewReplacer(`["sequence(60)"]`, `["sequence(60)", "log_rms"]`, "motor.safetensors", name+".safetensors").Replace(motorStream(name, "")))
	}
	cfg := parse(t, t.TempDir(), text.String())
	scaled := func(r *block.Block, by float32) *block.Block {
		b := *r
		b.Samples = append([]float32(nil), r.Samples...)
		for i := range b.Samples {
			b.Samples[i] *= by
		}
		return &b
	}
	for name, by := range scales {
		s := cfg.Streams[name]
		m := teach(t, &s, scaled(asBlock(&motor(t)[0], 1), by), scaled(asBlock(&motor(t)[1], 2), by))
		if err := app.SaveModel(app.ModelPath(cfg, &s), m); err != nil {
			t.Fatal(err)
		}
	}
	w := start(t, cfg)
	for name, by := range scales {
		p := w.publisher(name)
		part := func(part string, b *block.Block) {
			t.Helper()
			b.Run, b.First, b.Part, b.Flags = 0, 0, part, block.PartBegin|block.PartEnd
			publish(t, p, b)
		}
		part("good", scaled(asBlock(healthy(t), 0), by))
		part("bad", scaled(asBlock(faulty(t), 0), by))
		dead := scaled(asBlock(healthy(t), 0), by)
		for i := range dead.Samples {
			dead.Samples[i] = 0
		}
		part("dead", dead)
		constant := scaled(asBlock(healthy(t), 0), by)
		for i := range constant.Samples {
			constant.Samples[i] = 3 * by
		}
		part("constant", constant)
		for _, other := range []float32{1e-9, 1e9} { // of another scale than what was taught
			part(fmt.Sprintf("times %g", other), scaled(asBlock(healthy(t), 0), by*other))
		}
		part("nothing", &block.Block{RateHz: 1000, Channels: 3})
		half := scaled(asBlock(healthy(t), 0), by)
		for i, b := range cut(half, func() int { return 500 }) {
			b.Run, b.First, b.Part = 0, 0, "with an empty block"
			publish(t, p, b)
			if i == 0 {
				flush(t, p)
				if err := w.Connection().Publish(block.SubjectPrefix+name, nil); err != nil {
					t.Fatal(err)
				}
			}
		}
		flush(t, p)
		w.wantVerdict(name, "good", detector.OK)
		w.wantVerdict(name, "bad", detector.Alarm)
		w.wantVerdict(name, "nothing", detector.NotAssessed)
		w.wantVerdict(name, "with an empty block", detector.OK)
		if c := w.counts(name); c.MalformedTotal() != 1 || c.Missing != 0 {
			t.Errorf("%s: counts %+v", name, c)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, p := range w.parts {
		ok := p.Part == "good" || p.Part == "with an empty block"
		if ok != (p.Verdict == detector.OK) {
			t.Errorf("%s %s is %s: %v", p.Stream, p.Part, p.Verdict, p.Reasons)
		}
		if p.Part == "nothing" && (p.Samples.Expected != 0 || len(p.Reasons) == 0) {
			t.Errorf("the part without samples says %+v", p)
		}
	}
}
