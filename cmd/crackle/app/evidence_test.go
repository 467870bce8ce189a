package app_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"crackle/alert"
	"crackle/alert/evidence"
	"crackle/cmd/crackle/app"
	"crackle/cmd/crackle/config"
	"crackle/detector"
	"crackle/rnn/kernel"
)

// rescore reads models from one file.
func rescore(model string) app.Rescorer {
	return app.Rescorer{Model: func(_ string, s *config.Stream) (*detector.Model, error) { return app.LoadModel(model, s) }}
}

// A real alarm through the whole program: its evidence is stored, scores again to the bit with the kernel that scored it and within the stated
// tolerance with every other one that this machine has, and is refused when a bit of it was changed.
func TestScenarioEvidenceOfAnAlarmScoresAgain(t *testing.T) {
	t.Parallel()
	if file := os.Getenv("CRACKLE_TEST_EVIDENCE"); file != "" {
		verifyAgain(t, file)
		return
	}
	dir := t.TempDir()
	cfg := parse(t, dir, join(base, "[evidence]\npre_s = 1\npost_s = 1\n", motorStream("motor", "")))
	saveMotorModel(t, cfg, "motor")
	w := start(t, cfg)
	p := w.publisher("motor")
	for _, b := range append(cut(asBlock(healthy(t), 0), func() int { return 100 }), cut(asBlock(faulty(t), 0), func() int { return 100 })...) {
		b.Run, b.First = 0, 0
		publish(t, p, b)
	}
	flush(t, p)
	var raised []alert.Event
	eventually(t, "alarm", func() bool { raised = w.events("motor", alert.KindScore); return len(raised) > 0 })
	id := raised[0].Alarm.ID

	js, err := jetstream.New(w.Connection())
	if err != nil {
		t.Fatal(err)
	}
	st, err := evidence.OpenStore(t.Context(), js, evidence.Bounds{})
	if err != nil {
		t.Fatal(err)
	}
	var file []byte
	eventually(t, "pack", func() bool {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		file, err = st.Bytes(ctx, id)
		return err == nil
	})
	pack, err := evidence.Decode(file)
	if err != nil {
		t.Fatal(err)
	}
	s := cfg.Streams["motor"]
	if pack.Kernel != kernel.Name() || pack.Model != motorModel.model.Hash() || pack.Config != cfg.StreamHash("motor") || pack.Program != "test" || len(pack.Ledger) == 0 {
		t.Errorf("pack says kernel %q, model %q, config %q, program %q, ledger %s", pack.Kernel, pack.Model, pack.Config, pack.Program, pack.Ledger)
	}
	if pack.Alarm.ID != id || len(pack.Windows) < 5 || len(pack.Conditioned.Samples) == 0 || !pack.Start.Known || pack.Features[0].Low >= pack.Features[0].High {
		t.Errorf("alarm %s: %d windows, %d conditioned, start %v, features %+v", pack.Alarm.ID, len(pack.Windows), len(pack.Conditioned.Samples), pack.Start.Known, pack.Features[:1])
	}
	r, err := evidence.Verify(pack, rescore(app.ModelPath(cfg, &s)))
	if err != nil || !r.OK || !r.Same || r.Equal < 3 {
		t.Errorf("report %+v, %v", r, err)
	}
	for i := len(pack.Raw.Samples) / 2; i < len(pack.Raw.Samples); i += 97 {
		pack.Raw.Samples[i] += 3
	}
	if r, err := evidence.Verify(pack, rescore(app.ModelPath(cfg, &s))); err != nil || r.OK {
		t.Errorf("a pack with other samples: %+v, %v", r, err)
	}
	file[len(file)/2] ^= 1
	if _, err := evidence.Decode(file); err == nil {
		t.Error("a changed file was read")
	}
	file[len(file)/2] ^= 1

	path := filepath.Join(dir, "alarm.evidence")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range kernel.Available() {
		cmd := exec.Command(os.Args[0], "-test.run=^TestScenarioEvidenceOfAnAlarmScoresAgain$", "-test.v")
		cmd.Env = append(os.Environ(), "CRACKLE_KERNEL="+name, "CRACKLE_TEST_EVIDENCE="+path, "CRACKLE_TEST_MODEL="+app.ModelPath(cfg, &s))
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "verified with "+name) {
			t.Errorf("kernel %s: %v\n%s", name, err, out)
		}
	}
}

// verifyAgain runs in a process of its own, with the kernel that its environment names.
func verifyAgain(t *testing.T, file string) {
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p, err := evidence.Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	r, err := evidence.Verify(p, rescore(os.Getenv("CRACKLE_TEST_MODEL")))
	if err != nil || !r.OK {
		t.Fatalf("%+v, %v", r, err)
	}
	t.Logf("verified with %s: %s", kernel.Name(), r.Why)
}

func TestEvidenceOff(t *testing.T) {
	t.Parallel()
	cfg := parse(t, t.TempDir(), join(base, "[evidence]\noff = true\n", motorStream("motor", "")))
	saveMotorModel(t, cfg, "motor")
	w := start(t, cfg)
	p := w.publisher("motor")
	publish(t, p, asBlock(faulty(t), 0))
	flush(t, p)
	eventually(t, "alarm", func() bool { return len(w.events("motor", alert.KindScore)) > 0 })
	js, err := jetstream.New(w.Connection())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.ObjectStore(t.Context(), evidence.Bucket); err == nil {
		t.Error("a bucket was made")
	}
}
