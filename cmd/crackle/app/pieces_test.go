package app_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/nats-io/nats.go/jetstream"

	"crackle/ingest"
	"crackle/ingest/block"
)

// bigStream has a state of as many samples as are in its window, of which nothing can be packed when they are noise.
func bigStream(name string, window int) string {
	return fmt.Sprintf(`
[stream.%[1]q]
channels = ["noise"]
rate_hz = 100000
no_data_s = 300
[stream.%[1]q.window]
length = %[2]d
hop = %[2]d
[stream.%[1]q.features]
list = ["rms"]
[stream.%[1]q.learn]
windows = 100000
`, name, window)
}

// noiseBlock is so many samples of it.
func noiseBlock(n int) *block.Block {
	b := &block.Block{RateHz: 100_000, Channels: 1, Samples: make([]float32, n)}
	for i := range b.Samples {
		b.Samples[i] = rand.Float32() - 0.5
	}
	return b
}

// pieces are the keys of the pieces of a stream's checkpoints that the store holds.
func pieces(t *testing.T, w *watch, stream string) (keys []string) {
	t.Helper()
	js, err := jetstream.New(w.Connection())
	if err != nil {
		t.Fatal(err)
	}
	st, err := js.Stream(within(t), "KV_CRACKLE_CHECKPOINTS")
	if err != nil {
		t.Fatal(err)
	}
	info, err := st.Info(within(t), jetstream.WithSubjectFilter("$KV.CRACKLE_CHECKPOINTS.piece.*.*."+stream))
	if err != nil {
		t.Fatal(err)
	}
	for subject := range info.State.Subjects {
		keys = append(keys, strings.TrimPrefix(subject, "$KV.CRACKLE_CHECKPOINTS."))
	}
	slices.Sort(keys)
	return keys
}

// The pieces of a large checkpoint go with the stream that is removed, and with the checkpoint that has become smaller; those of another stream stay, one of
// a name that begins alike too.
func TestPiecesAreSwept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := func(shrinks int, goes string) string {
		return join(base, bigStream("shrinks", shrinks), bigStream("line.goes", 400_000), goes)
	}
	w := start(t, parse(t, dir, text(400_000, bigStream("goes", 400_000))))
	pubs := map[string]*ingest.Publisher{"shrinks": w.publisher("shrinks"), "goes": w.publisher("goes"), "line.goes": w.publisher("line.goes")}
	send := func(stream string, blocks int) {
		t.Helper()
		for range blocks {
			publish(t, pubs[stream], noiseBlock(50_000))
		}
		flush(t, pubs[stream])
	}
	for name := range pubs {
		send(name, 7)
	}
	for name := range pubs {
		eventually(t, "the pieces of "+name, func() bool { return len(pieces(t, w, name)) >= 2 })
	}
	if _, err := w.Reload(within(t), parse(t, dir, text(1000, ""))); err != nil {
		t.Fatal(err)
	}
	if got := pieces(t, w, "goes"); len(got) != 0 {
		t.Errorf("of the stream that was removed there are still %q", got)
	}
	if got := pieces(t, w, "line.goes"); len(got) < 2 {
		t.Errorf("of a stream that stays there are %q", got)
	}
	eventually(t, "the pieces of a state that has become small", func() bool {
		send("shrinks", 1) // a checkpoint is written of what has moved
		return len(pieces(t, w, "shrinks")) == 0
	})
	before := pieces(t, w, "line.goes")
	w.stop()

	again := start(t, parse(t, dir, text(1000, "")))
	eventually(t, "the sweep at the start", func() bool { return len(pieces(t, again, "line.goes")) > 0 })
	slots := map[string]bool{}
	for _, key := range pieces(t, again, "line.goes") {
		slots[strings.Split(key, ".")[1]] = true
	}
	if len(slots) != 1 {
		t.Errorf("pieces of both slots after a start: %q, before %q", pieces(t, again, "line.goes"), before)
	}
	if n := again.log.count("WARN", "cannot be"); n != 0 {
		t.Errorf("%d complaints:\n%s", n, again.log)
	}
	if got := again.log.count("the stream goes on from its checkpoint", "line.goes"); got != 1 {
		t.Errorf("it went on from its checkpoint %d times", got)
	}
}
