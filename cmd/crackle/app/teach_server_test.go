package app_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"crackle/cmd/crackle/app"
	"crackle/cmd/crackle/archive"
	"crackle/ingest"
)

// The server is killed and comes back: models are there again, what is put in service from outside is followed, and a program that starts while the
// server is away serves its file until it hears the store's word.
func TestScenarioModelsOverAServerThatIsKilled(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	cfg := external(t, srv, motorStream("motor", ""))
	saveMotorModel(t, cfg, "motor")
	w := start(t, cfg)
	line := newBench(w.publisher("motor"))
	line.lots(t, 8)
	dealtWith(t, w, "motor", line.samples)
	info, err := w.Teach(t.Context(), "motor", app.TeachRequest{From: line.at.Add(-time.Hour)}, "anna", silent)
	if err != nil {
		t.Fatal(err)
	}
	first := w.Status("motor").Model

	srv.kill()
	eventually(t, "the loss of the server", func() bool { return !w.Connection().IsConnected() })
	if _, err := w.Inspect(t.Context(), "motor", time.Time{}, time.Time{}); err == nil {
		t.Error("a stretch was read without a server")
	}
	srv.start()
	eventually(t, "the models", func() bool {
		list, err := w.Models(t.Context(), "motor")
		return err == nil && len(list.Models) == 2 && list.InService == first
	})
	nc, err := ingest.Connect(t.Context(), ingest.Options{URL: srv.url, Token: srv.token})
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	store, err := archive.Open(t.Context(), js, archive.Bounds{})
	if err != nil {
		t.Fatal(err)
	}
	if err := app.ServeModel(t.Context(), store, "motor", info.Hash, "ben", "", 60*time.Second); err != nil {
		t.Fatal(err)
	}
	if got := w.Status("motor").Model; got != info.Hash {
		t.Errorf("in service is %s, want %s", got, info.Hash)
	}
	w.stop()

	srv.kill()
	again := newWatch(t, cfg)
	if err := again.Start(within(t)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the file's model", func() bool { return again.Status("motor").Model == first })
	if _, err := again.Models(t.Context(), "motor"); err == nil || problem(t, err).Status != http.StatusServiceUnavailable {
		t.Errorf("models without a server: %v", err)
	}
	srv.start()
	eventually(t, "the model that ben put in service", func() bool { return again.Status("motor").Model == info.Hash })
}
