package app_test

import (
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"crackle/alert"
	"crackle/cmd/crackle/app"
	"crackle/cmd/crackle/archive"
	"crackle/detector"
	"crackle/rnn"
)

// ofLaterVersion is a model file as a later version of the program may write it: another format, and metadata of another kind.
func ofLaterVersion(t *testing.T, file []byte) []byte {
	t.Helper()
	f, err := rnn.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	meta := f.Metadata["crackle.detector"]
	f.Metadata["crackle.detector"] = strings.NewReplacer(`{"format":2,`, `{"format":3,`, `"code":"test"`, `"code":"v9.1"`, `"features":[`, `"features":{},"features_were":[`).Replace(meta)
	if f.Metadata["crackle.detector"] == meta {
		t.Fatal("the metadata of a model file look otherwise")
	}
	b, err := f.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const laterSays = "model format is 3, written by crackle v9.1; this program reads 1 and 2: use the version that wrote it, or teach anew"

// A model of a later version: at the start, named in a configuration that is read again, put in service here or by another program. Each is refused in
// words, the model in service goes on, and nothing of the other one is used.
func TestScenarioModelOfALaterVersion(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := join(base, motorStream("motor", ""), strings.Replace(motorStream("later", ""), "motor.safetensors", "later.safetensors", 1))
	cfg := parse(t, dir, text)
	saveMotorModel(t, cfg, "motor")
	running, later := cfg.Streams["motor"], cfg.Streams["later"]
	good, err := os.ReadFile(app.ModelPath(cfg, &running))
	if err != nil {
		t.Fatal(err)
	}
	bad := ofLaterVersion(t, good)
	if err := os.WriteFile(app.ModelPath(cfg, &later), bad, 0o600); err != nil {
		t.Fatal(err)
	}
	w := start(t, cfg)

	// At the start: that stream is not assessed and says why, the other one runs; a model that can be read is taken when it is there.
	pub := w.publisher("motor")
	publishRows(t, pub, false, "part", 0, 300)
	publishPart(t, w.publisher("later"), faulty(t), "bad", 100)
	w.wantVerdict("later", "bad", detector.NotAssessed)
	wantAll(t, w.Problem("later"), "stream later: model file ", laterSays)
	if status, body := w.get("/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, laterSays) {
		t.Errorf("/readyz %d: %s", status, body)
	}
	if err := os.WriteFile(app.ModelPath(cfg, &later), good, 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a model that can be read", func() bool { return w.Problem("later") == "" })

	// The configuration, read again, names it for the stream that runs, and adds another stream: nothing is changed.
	if err := os.WriteFile(app.ModelPath(cfg, &running)+".later", bad, 0o600); err != nil {
		t.Fatal(err)
	}
	named := strings.Replace(text, `model = "motor.safetensors"`, `model = "motor.safetensors.later"`, 1)
	r, err := w.Reload(within(t), parse(t, dir, join(named, motorStream("more", ""))))
	if err == nil || r.Exchanged != nil || r.Added != nil {
		t.Fatalf("%+v, %v", r, err)
	}
	wantAll(t, err.Error(), "the configuration in force goes on", laterSays)
	if _, is := w.Counts("more"); is {
		t.Error("a stream of a configuration that was refused is there")
	}

	// It is put in service, here and by another program on the same store.
	js, err := jetstream.New(w.Connection())
	if err != nil {
		t.Fatal(err)
	}
	store, err := app.OpenModels(within(t), js, cfg)
	if err != nil {
		t.Fatal(err)
	}
	var before []archive.Item
	eventually(t, "the model in service to be kept", func() bool {
		before, err = store.List(within(t), "motor")
		return err == nil && len(before) == 1
	})
	if err := store.Put(within(t), "motor", "0123456789ab", bad, before[0].Info); err != nil {
		t.Fatal(err)
	}
	status, answer := w.post("/api/v1/streams/motor/models/0123456789ab/service", `{"by":"anna","comment":"try"}`)
	if status != http.StatusConflict || !strings.Contains(answer, laterSays) {
		t.Errorf("%d %s", status, answer)
	}
	if v, err := store.InService(within(t), "motor"); err != nil || v != nil {
		t.Errorf("in service: %+v, %v", v, err)
	}
	if err := store.Serve(within(t), archive.Service{Stream: "motor", Hash: "0123456789ab", By: "otto", At: time.Now().UTC()}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the refusal", func() bool { return w.log.count("ERROR", "the one before goes on", laterSays) == 1 })

	// The part that was under way all the time is whole, and scored by the one model.
	publishRows(t, pub, false, "part", 300, 1000)
	w.wantVerdict("motor", "part", detector.OK)
	publishPart(t, pub, faulty(t), "bad", 100)
	w.wantVerdict("motor", "bad", detector.Alarm)
	if n := len(w.windows("motor")); n != 34 {
		t.Errorf("%d windows, want 34", n)
	}
	w.alarmed("motor", alert.KindScore, alert.Raised)
	var models []string
	for _, e := range entries(t, w) {
		if e.Note != nil && e.Note.Stream == "motor" && strings.Contains(e.Note.What, "model") {
			models = append(models, e.Note.What)
		}
	}
	if want := []string{"model " + before[0].Hash + " in service"}; !slices.Equal(models, want) {
		t.Errorf("the journal has %q, want %q", models, want)
	}
	w.stop()

	// At the next start the choice of the other program holds, and says what is wrong with it.
	again := start(t, parse(t, dir, text))
	eventually(t, "the refusal", func() bool { return again.Problem("motor") != "" })
	wantAll(t, again.Problem("motor"), "model 0123456789ab, which otto put in service, cannot be used", laterSays, "put another one in service with `crackle model use`")
}

// A configuration that is read again with another model file has it from then on.
func TestReloadAnotherModelFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := join(base, motorStream("motor", ""))
	cfg := parse(t, dir, text)
	saveMotorModel(t, cfg, "motor")
	s := cfg.Streams["motor"]
	w := start(t, cfg)
	eventually(t, "the model", func() bool { return w.Status("motor").Model != "" })
	next := parse(t, dir, strings.Replace(text, `"motor.safetensors"`, `"next.safetensors"`, 1))
	if _, err := w.Reload(within(t), next); err == nil || !strings.Contains(err.Error(), "there is no model file") {
		t.Errorf("a file that is not there: %v", err)
	}
	other := s
	other.Network.Seed = 77
	m := teach(t, &other, asBlock(&motor(t)[0], 1), asBlock(&motor(t)[1], 2))
	ns := next.Streams["motor"]
	if err := app.SaveModel(app.ModelPath(next, &ns), m); err != nil {
		t.Fatal(err)
	}
	if r, err := w.Reload(within(t), next); err != nil || !slices.Equal(r.Exchanged, []string{"motor"}) {
		t.Fatalf("%+v, %v", r, err)
	}
	eventually(t, "the other model", func() bool { return w.Status("motor").Model == m.Hash() })
}
