package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"crackle/cmd/crackle/app"
	"crackle/cmd/crackle/config"
)

// running crackle for tests of the commands that ask one; it ends with the test.
func startCrackle(t *testing.T, path string) *app.App {
	t.Helper()
	cfg, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.New(cfg, app.Options{Version: "test", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	if err := a.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	waitFor(t, "receivers", func() bool { c, _ := a.Counts("motor"); return c.Opened > 0 })
	return a
}

func waitFor(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !cond(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within 30 s", what)
		}
	}
}

// A model is taught from the shell out of what a running crackle has received, put in service and back, and fetched.
func TestTrainFromARunningCrackle(t *testing.T) {
	dir, path := motorFiles(t)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, "[server]\nlisten = \"127.0.0.1:0\"\n[store]\nmax_bytes = 268435456\nsync = \"default\"\n[evidence]\npre_s = 1\npost_s = 0.5\n"+string(text))
	file := func(name string) string { return filepath.Join(dir, name+".csv") }
	if _, log, code := crackle("train", "-c", path, file("SC_HLT_001"), file("SC_HLT_002")); code != exitOK {
		t.Fatal(log)
	}
	for _, wrong := range [][]string{{}, {"--parts", "3", "--next", "20m"}, {"--parts", "-1"}, {"--next", "soon"}, {file("SC_HLT_001"), "--parts", "3"}, {"--parts", "3", "-o", "x"}, {file("SC_HLT_001"), "--use"}} {
		if _, log, code := crackle(append([]string{"train", "-c", path}, wrong...)...); code != exitMistake {
			t.Errorf("%v: %d, %q", wrong, code, log)
		}
	}
	if _, log, code := crackle("train", "-c", path, "--parts", "3"); code != exitFailed || log == "" {
		t.Errorf("without a running crackle: %d, %q", code, log)
	}
	a := startCrackle(t, path)
	replay := func(name string) {
		t.Helper()
		if _, log, code := crackle("replay", file(name), "-s", "motor", "-c", path, "--speed", "0"); code != exitOK {
			t.Error(log)
		}
	}
	if _, log, code := crackle("train", "-c", path, "--from", "2020-01-01T00:00:00Z"); code != exitFailed || !strings.Contains(log, "holds nothing") {
		t.Errorf("an empty store: %d, %q", code, log)
	}
	for range 2 {
		for _, name := range []string{"SC_HLT_001", "SC_HLT_002", "SC_HLT_003"} {
			replay(name)
		}
	}
	waitFor(t, "model of the file", func() bool { return a.Status("motor").Model != "" })
	first := a.Status("motor").Model

	out, log, code := crackle("train", "-c", path, "--from", "2020-01-01T00:00:00Z", "--use", "--json", "--by", "anna")
	var info app.ModelInfo
	if err := json.Unmarshal([]byte(out), &info); err != nil || code != exitOK || !info.InService || info.By != "anna" || info.Comparison == nil || info.Comparison.Running.Model != first {
		t.Fatalf("%d, %v, %s %s", code, err, out, log)
	}
	if got := a.Status("motor").Model; got != info.Hash {
		t.Errorf("in service is %s, want %s", got, info.Hash)
	}

	// A back-test and a score take what is in service, not the file that was, and say so.
	out, log, code = crackle("backtest", "-c", path)
	if code != exitOK || !strings.Contains(out, "in service: model "+info.Hash) || !strings.Contains(log, "which anna put in service") {
		t.Errorf("backtest: %d, %q, %q; want model %s", code, out, log, info.Hash)
	}
	out, log, code = crackle("score", "-c", path, "--json", file("SC_HLT_003"))
	if code != exitOK || !strings.Contains(out, `"model":"`+info.Hash) || !strings.Contains(log, "which anna put in service") {
		t.Errorf("score: %d, %.300q, %q; want model %s", code, out, log, info.Hash)
	}
	out, log, code = crackle("score", "-c", path, "--json", "-m", filepath.Join(dir, "motor.safetensors"), file("SC_HLT_003"))
	if code != exitOK || !strings.Contains(out, `"model":"`+first) || log != "" {
		t.Errorf("score with the file: %d, %.300q, %q; want model %s", code, out, log, first)
	}

	// A model from recordings does not take its place unless somebody puts it in service, for which its file is enough.
	_, log, code = crackle("train", "-c", path, file("SC_HLT_002"), file("SC_HLT_003"))
	younger := filepath.Join(dir, "motor.safetensors")
	if code != exitOK || !strings.Contains(log, "model "+info.Hash+", which anna put in service, goes on") {
		t.Errorf("train: %d, %q", code, log)
	}
	if _, log, code := crackle("model", "use", younger, "-c", path, "--by", "berta"); code != exitOK {
		t.Errorf("model use FILE: %d, %q", code, log)
	}
	if got := a.Status("motor").Model; got == first || got == info.Hash {
		t.Errorf("in service is %s, and the file's was to be", got)
	}
	if _, log, code := crackle("model", "use", info.Hash, "-c", path, "--by", "anna"); code != exitOK {
		t.Errorf("back again: %d, %q", code, log)
	}

	// Evidence scored with a model that only the store has is verified with it.
	replay("SC_A1_B0_C0_001")
	replay("SC_HLT_001")
	var packs struct {
		Evidence []struct{ ID string }
	}
	waitFor(t, "evidence", func() bool {
		out, _, _ := crackle("evidence", "list", "-c", path, "--json")
		return json.Unmarshal([]byte(out), &packs) == nil && len(packs.Evidence) > 0
	})
	if out, log, code := crackle("evidence", "verify", packs.Evidence[0].ID, "-c", path); code != exitOK || !strings.Contains(out, "verified") {
		t.Errorf("verify: %d, %q, %q", code, out, log)
	}

	out, _, code = crackle("model", "list", "-c", path)
	if code != exitOK || !strings.Contains(out, "* "+info.Hash) || !strings.Contains(out, "put in service by anna") {
		t.Errorf("list: %d, %q", code, out)
	}
	var list app.ModelList
	waitFor(t, "the file's model to be kept", func() bool {
		out, _, code = crackle("model", "list", "-c", path, "--json")
		if err := json.Unmarshal([]byte(out), &list); err != nil || code != exitOK {
			t.Fatalf("%d, %v, %s", code, err, out)
		}
		return slices.ContainsFunc(list.Models, func(m app.ModelInfo) bool { return m.Hash == first })
	})
	if out, log, code := crackle("model", "use", first[:8], "-c", path, "--comment", "back"); code != exitOK || !strings.Contains(out, first) || a.Status("motor").Model != first {
		t.Errorf("back: %d, %q, %q", code, out, log)
	}
	if _, log, code := crackle("model", "use", "0123456789ab", "-c", path); code != exitFailed || !strings.Contains(log, info.Hash) {
		t.Errorf("a model that is not kept: %d, %q", code, log)
	}
	got := filepath.Join(dir, "got.safetensors")
	if out, log, code := crackle("model", "get", info.Hash, "-c", path, "-o", got); code != exitOK {
		t.Errorf("get: %d, %q, %q", code, out, log)
	}
	if out, _, code := crackle("model", "show", got); code != exitOK || !strings.Contains(out, info.Hash) {
		t.Errorf("show: %d, %q", code, out)
	}

	done := make(chan string)
	go func() {
		out, log, code := crackle("train", "-c", path, "--parts", "4", "--quick")
		if code != exitOK {
			t.Errorf("the next parts: %d, %q", code, log)
		}
		done <- out
	}()
	for i := 0; ; i++ {
		replay([]string{"SC_HLT_001", "SC_HLT_002", "SC_HLT_003"}[i%3])
		select {
		case out := <-done:
			for _, want := range []string{"kept with the store", "crackle model use", "held-out windows", "usable windows"} {
				if !strings.Contains(out, want) {
					t.Errorf("lacks %q: %s", want, out)
				}
			}
			return
		case <-time.After(20 * time.Millisecond):
		}
		if i == 500 {
			t.Fatal("500 parts did not do")
		}
	}
}

// What is learnt from is looked at first: said in words, drawn, and refused where a sensor is dead.
func TestTrainLooksAtItsData(t *testing.T) {
	dir, cfg := motorFiles(t)
	picture := filepath.Join(dir, "data.png")
	out, log, code := crackle("train", "-c", cfg, "--picture", picture, filepath.Join(dir, "SC_HLT_001.csv"), filepath.Join(dir, "SC_HLT_002.csv"))
	if code != exitOK || !strings.Contains(out, "usable windows") || !strings.Contains(out, "2 parts and no lots") {
		t.Errorf("%d, %q, %q", code, out, log)
	}
	if b, err := os.ReadFile(picture); err != nil || !strings.HasPrefix(string(b), "\x89PNG") {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	dead := filepath.Join(dir, "dead.csv")
	var b strings.Builder
	for i := range 4000 {
		fmt.Fprintf(&b, "%d,%d,%d\n", i%2, i%2, i%2) // every window is the same
	}
	write(t, dead, b.String())
	if out, log, code := crackle("train", "-c", cfg, dead); code != exitFailed || !strings.Contains(log, "none of") && !strings.Contains(log, "stands still") {
		t.Errorf("a dead sensor: %d, %q, %q", code, out, log)
	}
}
