package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"crackle/alert"
	"crackle/cmd/crackle/app"
	"crackle/detector"
	"crackle/web/hub"
)

// A stream without its model is not assessed and says what to do, the others go on, and the model is taken when it is there. One that was
// taught with another conditioning is refused.
func TestMissingModelThenThere(t *testing.T) {
	t.Parallel()
	cfg := parse(t, t.TempDir(), join(base, motorStream("with", ""),
		strings.Replace(motorStream("without", ""), "motor.safetensors", "missing.safetensors", 1)))
	saveMotorModel(t, cfg, "with")
	without := cfg.Streams["without"]
	path := app.ModelPath(cfg, &without)
	w := start(t, cfg)

	with, pub := w.publisher("with"), w.publisher("without")
	publishPart(t, with, healthy(t), "a", 100)
	publishPart(t, pub, healthy(t), "a", 100)
	w.wantVerdict("with", "a", detector.OK)
	w.wantVerdict("without", "a", detector.NotAssessed)
	if n := w.scored("without"); n != 0 {
		t.Errorf("%d windows have a score without a model", n)
	}
	s := w.Status("without")
	if s.Verdict != detector.NotAssessed || len(s.Reasons) != 1 || !strings.Contains(s.Reasons[0], path) {
		t.Errorf("status %v because of %q", s.Verdict, s.Reasons)
	}
	notReady := func(want ...string) {
		t.Helper()
		status, body := w.get("/readyz")
		if status != 503 {
			t.Errorf("ready without a model: %d", status)
		}
		wantAll(t, body, append(want, `"connected":true`, `"models_loaded":false`, `"unseen":[]`)...)
	}
	notReady("stream without: there is no model file "+path, "crackle train", "[stream.without.learn]")
	if n := w.log.count("ERROR", path); n != 1 {
		t.Errorf("the missing file was logged %d times:\n%s", n, w.log)
	}

	// Another conditioning.
	other := without
	other.Window.Hop, other.Defects.BridgeSamples = 40, 3
	if err := app.SaveModel(path, teach(t, &other, asBlock(&motor(t)[0], 1), asBlock(&motor(t)[1], 2))); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the refusal", func() bool { return strings.Contains(w.Problem("without"), "another conditioning") })
	notReady("hop: stream 50, model 40", "max_bridge: stream 8, model 3", "teach a new model")
	if n := w.log.count("ERROR", "another conditioning", "hop: stream 50, model 40"); n != 1 {
		t.Errorf("the refusal was logged %d times:\n%s", n, w.log)
	}

	// A file that is not a model.
	if err := os.WriteFile(path, []byte("not a model"), 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the second refusal", func() bool { return !strings.Contains(w.Problem("without"), "another conditioning") })
	notReady("stream without: model file " + path)

	saveMotorModel(t, cfg, "without")
	eventually(t, "the model", func() bool { return w.Status("without").Phase == hub.Watching })
	publishPart(t, pub, healthy(t), "b", 100)
	w.wantVerdict("without", "b", detector.OK)
	if status, body := w.get("/readyz"); status != 200 {
		t.Errorf("not ready: %d %s", status, body)
	}
}

// A stream learns from its own signal, keeps what it learnt, and goes on to watch; the next start takes the file.
func TestLearnsFromLiveSignal(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := join(base, strings.Replace(motorStream("motor", ""), `model = "motor.safetensors"`, `start = "all"`, 1), "[stream.motor.learn]\nparts = 2")
	cfg := parse(t, dir, text)
	w := start(t, cfg)
	if s := w.Status("motor"); s.Phase != hub.Learning {
		t.Errorf("phase %s before the first sample", s.Phase)
	}
	if status, body := w.get("/readyz"); status != 200 {
		t.Errorf("learning is no fault, but: %d %s", status, body)
	}
	pub := w.publisher("motor")
	for i := range 2 {
		publishPart(t, pub, &motor(t)[i], motor(t)[i].Name, 100)
	}
	eventually(t, "the model", func() bool { return w.Status("motor").Phase == hub.Watching })
	path := filepath.Join(dir, "data", "models", "motor.safetensors")
	if s := cfg.Streams["motor"]; app.ModelPath(cfg, &s) != path {
		t.Errorf("model path %s", app.ModelPath(cfg, &s))
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("what was learnt is not kept: %v", err)
	}
	learnt := w.Status("motor")
	if learnt.Model == "" || !learnt.LimitProvisional || !(learnt.Limit > 1) || learnt.ScoreUnit != "" {
		t.Errorf("status %+v", learnt)
	}
	list, err := w.Models(t.Context(), "motor")
	if err != nil || len(list.Models) != 1 || list.Models[0].Source != "learnt" || list.InService != learnt.Model || len(list.Models[0].Report) < 5 {
		t.Errorf("kept with the store: %+v, %v", list, err)
	}
	publishPart(t, pub, healthy(t), "good", 100)
	publishPart(t, pub, faulty(t), "bad", 100)
	w.wantVerdict("motor", "good", detector.OK)
	w.wantVerdict("motor", "bad", detector.Alarm)
	w.stop()

	w = start(t, parse(t, dir, text))
	eventually(t, "the kept model", func() bool { return w.Status("motor").Model == learnt.Model })
	// The store still has everything: this time what was learnt from is watched, from its first window on.
	for i := range 2 {
		w.wantVerdict("motor", motor(t)[i].Name, detector.OK)
	}
	w.wantVerdict("motor", "bad", detector.Alarm)
	if n := len(w.windows("motor")); n != 4*17 {
		t.Errorf("%d windows of four parts, want 17 each", n)
	}
	for _, s := range w.windows("motor") {
		if s.Reason&detector.Learning != 0 {
			t.Fatalf("window %d to %d was learnt from although there is a model", s.First, s.End)
		}
	}
	eventually(t, "the alarm", func() bool { return len(w.events("motor", alert.KindScore)) == 2 })
}

// A lesson that turns out too short is added to until it will do.
func TestLessonTooShort(t *testing.T) {
	t.Parallel()
	cfg := parse(t, t.TempDir(), join(base, strings.Replace(motorStream("motor", ""), `model = "motor.safetensors"`, "", 1), "[stream.motor.learn]\nparts = 1"))
	w := start(t, cfg)
	pub := w.publisher("motor")
	for i := 0; w.Status("motor").Phase != hub.Watching; i++ {
		if i == 50 {
			t.Fatalf("nothing was learnt of %d parts:\n%s", i, w.log)
		}
		publishPart(t, pub, &motor(t)[i%2], "part", 100)
		w.settle(pub, "motor")
		if i == 0 {
			eventually(t, "the first attempt", func() bool { return w.Problem("motor") != "" })
			if status, body := w.get("/readyz"); status != 503 || !strings.Contains(body, "record more normal production") {
				t.Errorf("ready without a model: %d %s", status, body)
			}
		}
	}
	if n := w.log.count("ERROR learning failed", "record more normal production"); n == 0 {
		t.Errorf("the first lesson was long enough:\n%s", w.log)
	}
	if status, body := w.get("/readyz"); status != 200 {
		t.Errorf("not ready: %d %s", status, body)
	}
}
