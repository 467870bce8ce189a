package app_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"crackle/alert"
	"crackle/detector"
	"crackle/ingest/broker"
)

// The monitor starts while its server is away. It watches the connection all the same, and when the server comes it takes up the alarms of before and
// every stream where it stood, to the sample.
func TestScenarioServerComesAfterTheMonitor(t *testing.T) {
	t.Parallel()
	x := newSite(t, join(motorStream("motor", ""), strings.Replace(motorStream("silent", ""), "no_data_s = 300", "no_data_s = 0.3", 1)))
	blocks, want, _ := x.production(6)
	first := startMonitor(t, x.path)
	pub := publisher(t, x.nc, "motor", true)
	if err := <-sendBlocks(t, pub, blocks[:50]); err != nil { // up to the middle of the third part, a bad one
		t.Fatal(err)
	}
	silence := first.wait("the silence", func(l said) bool { return l.Alarm != nil && l.Alarm.Alarm.Kind == alert.KindNoData }).Alarm.Alarm.ID
	first.wait("the alarm", func(l said) bool { return l.Alarm != nil && l.Alarm.Alarm.Kind == alert.KindScore })
	first.stop()
	x.srv.kill()

	second := startMonitor(t, x.path)
	second.wait("the alarm of the connection", func(l said) bool {
		return l.Alarm != nil && l.Alarm.Alarm.Kind == alert.KindConnection && l.Alarm.Change == alert.Raised
	})
	x.srv.start()
	second.wait("its end", func(l said) bool {
		return l.Alarm != nil && l.Alarm.Alarm.Kind == alert.KindConnection && l.Alarm.Change == alert.Cleared
	})
	if err := <-sendBlocks(t, pub, blocks[50:]); err != nil {
		t.Fatal(err)
	}
	second.part("part-05")
	if p := second.part("part-02"); p.Verdict != detector.Alarm || p.Samples.Missing > 0 || p.Samples.Expected != 1000 {
		t.Errorf("%v %q %+v", p.Verdict, p.Reasons, p.Samples)
	}
	wantUnion(t, want, false, first, second)
	_, body := get(t, second.url(), "/api/v1/alarms")
	wantAll(t, body, silence)
	second.stop()
	list := journalOf(t, x.nc)
	for kind, want := range map[alert.Kind]string{alert.KindScore: "raised cleared raised cleared", alert.KindConnection: "raised cleared"} {
		stream := "motor"
		if kind == alert.KindConnection {
			stream = ""
		}
		if got := strings.Join(changesOf(list, stream, kind), " "); got != want {
			t.Errorf("of %s the journal has %s; want %s", kind, got, want)
		}
	}
	numbers := map[uint64]bool{}
	for _, e := range list {
		if e.Event != nil {
			if numbers[e.Event.Number] {
				t.Errorf("two events have the number %d", e.Event.Number)
			}
			numbers[e.Event.Number] = true
		}
	}
}

// The monitor starts while its place in the store cannot be claimed, as in a cluster that elects a leader. What is stored from its start on is scored
// all the same once that is possible, though it never saw the stream before; what was stored earlier is not.
func TestScenarioStreamsAreClaimedLate(t *testing.T) {
	t.Parallel()
	for _, start := range []string{"resume", "new"} {
		t.Run(start, func(t *testing.T) {
			t.Parallel()
			x := newSite(t, motorStream("motor", fmt.Sprintf("start = %q\n", start)))
			blocks, want, _ := x.production(3)
			js, err := jetstream.New(x.nc)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := broker.EnsureSignals(within(t), js, broker.SignalConfig{}); err != nil {
				t.Fatal(err)
			}
			before := publisher(t, x.nc, "motor", true)
			if err := <-sendBlocks(t, before, blocks[:20]); err != nil {
				t.Fatal(err)
			}
			if _, err := js.CreateStream(within(t), jetstream.StreamConfig{Name: "IN_THE_WAY", Subjects: []string{"$KV.CRACKLE_CHECKPOINTS.>"}}); err != nil {
				t.Fatal(err)
			}
			m := startMonitor(t, x.path)
			if !m.logged("no journal") {
				t.Fatal("its streams are claimed already")
			}
			if err := <-sendBlocks(t, publisher(t, x.nc, "motor", true), blocks); err != nil {
				t.Fatal(err)
			}
			if err := js.DeleteStream(within(t), "IN_THE_WAY"); err != nil {
				t.Fatal(err)
			}
			m.part("part-02")
			wantUnion(t, want, false, m)
			m.stop()
			for _, l := range m.all() {
				if p := l.Part; p != nil && (p.Verdict == detector.NotAssessed || p.Samples.Missing > 0 || p.Samples.Expected != 1000) {
					t.Errorf("part %s: %v %q, %d samples", p.Part, p.Verdict, p.Reasons, p.Samples.Expected)
				}
			}
		})
	}
}
