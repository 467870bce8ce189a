package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"crackle/alert"
	"crackle/cmd/crackle/app"
	"crackle/cmd/crackle/config"
)

// A running crackle alarms on a recording that is published into it. From the shell its evidence is listed, fetched and verified, a changed file is
// refused, and a back-test of what the store holds finds the same alarm under the same id, and none of it with ten times the limit.
func TestScenarioEvidenceAndBacktestFromTheShell(t *testing.T) {
	dir, path := motorFiles(t)
	file := func(name string) string { return filepath.Join(dir, name+".csv") }
	if _, log, code := crackle("train", "-c", path, file("SC_HLT_001"), file("SC_HLT_002")); code != exitOK {
		t.Fatal(log)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, "[server]\nlisten = \"127.0.0.1:0\"\n[store]\nmax_bytes = 268435456\nsync = \"default\"\n[evidence]\npre_s = 1\npost_s = 0.5\n"+string(text))
	cfg, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var ids []string
	a, err := app.New(cfg, app.Options{Version: "test", Log: slog.New(slog.DiscardHandler), Observe: app.Observer{Alarm: func(ev alert.Event) {
		if ev.Change == alert.Raised && ev.Alarm.Kind == alert.KindScore {
			mu.Lock()
			defer mu.Unlock()
			ids = append(ids, ev.Alarm.ID)
		}
	}}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := a.Start(ctx); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := a.Stop(ctx); err != nil {
			t.Error(err)
		}
	}()
	for c, _ := a.Counts("motor"); c.Opened == 0 && ctx.Err() == nil; c, _ = a.Counts("motor") {
		time.Sleep(10 * time.Millisecond)
	}
	for _, name := range []string{"SC_HLT_003", "SC_A1_B0_C0_001"} {
		if _, log, code := crackle("replay", file(name), "-s", "motor", "-c", path, "--speed", "0"); code != exitOK {
			t.Fatal(log)
		}
	}
	var list struct {
		Evidence []struct{ ID, Stream, Kind string }
	}
	for len(list.Evidence) == 0 && ctx.Err() == nil {
		out, log, code := crackle("evidence", "list", "-c", path, "--json")
		if code != exitOK {
			t.Fatal(log)
		}
		if err := json.Unmarshal([]byte(out), &list); err != nil {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond)
	}
	if len(list.Evidence) == 0 || list.Evidence[0].Stream != "motor" {
		t.Fatalf("no evidence: %+v", list)
	}
	id := list.Evidence[0].ID
	if out, _, code := crackle("evidence", "list", "-c", path); code != exitOK || !strings.Contains(out, id) {
		t.Errorf("list: %d, %q", code, out)
	}
	if out, log, code := crackle("evidence", "verify", id, "-c", path); code != exitOK || !strings.Contains(out, "verified") || !strings.Contains(out, "to the bit") {
		t.Errorf("verify: %d, %q, %q", code, out, log)
	}
	pack := filepath.Join(dir, "pack")
	if _, log, code := crackle("evidence", "get", id, "-c", path, "-o", pack); code != exitOK {
		t.Fatal(log)
	}
	if out, log, code := crackle("evidence", "verify", pack, "-m", filepath.Join(dir, "motor.safetensors"), "--json"); code != exitOK || !strings.Contains(out, `"ok": true`) {
		t.Errorf("verify the file: %d, %q, %q", code, out, log)
	}
	b, err := os.ReadFile(pack)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	write(t, pack, string(b))
	if _, log, code := crackle("evidence", "verify", pack); code != exitFailed || !strings.Contains(log, "check sum") {
		t.Errorf("a changed file: %d, %q", code, log)
	}
	if _, log, code := crackle("evidence", "get", "nothing", "-c", path); code != exitFailed || !strings.Contains(log, "no evidence") {
		t.Errorf("an unknown alarm: %d, %q", code, log)
	}

	shellParts(t, path)

	backtest := func(args ...string) (r app.BacktestReport) {
		t.Helper()
		out, log, code := crackle(append([]string{"backtest", "-c", path, "--json"}, args...)...)
		if code != exitOK {
			t.Fatalf("backtest %v: %d, %s", args, code, log)
		}
		if err := json.Unmarshal([]byte(out), &r); err != nil {
			t.Fatal(err)
		}
		return r
	}
	mu.Lock()
	live := strings.Join(ids, " ")
	mu.Unlock()
	same := backtest()
	if len(same.Alarms) == 0 || same.New != 0 || len(same.Gone) != 0 || same.Scored == 0 {
		t.Errorf("the set-up in service against itself: %+v", same)
	}
	for _, al := range same.Alarms {
		if !strings.Contains(live, al.ID) {
			t.Errorf("alarm %s is none of live's %s", al.ID, live)
		}
	}
	if r := backtest("--limit-factor", "10"); len(r.Alarms) >= len(same.Alarms) || len(r.Alarms)+len(r.Gone) < len(same.Alarms) || r.LimitFactor != 10 {
		t.Errorf("ten times the limit: %+v", r)
	}
	if r := backtest(file("SC_A1_B0_C0_001")); len(r.Alarms) == 0 || r.Same != len(r.Alarms) {
		t.Errorf("a recording: %+v", r)
	}
	if r := backtest("--alarms-per-day", "1", file("SC_HLT_003")); len(r.Alarms) != 0 || r.Note == "" {
		t.Errorf("one alarm a day: %+v", r)
	}
	if out, _, code := crackle("backtest", "-c", path); code != exitOK || !strings.Contains(out, "in service") || !strings.Contains(out, "same") {
		t.Errorf("backtest in words: %d, %q", code, out)
	}
	for _, wrong := range [][]string{{"--from", "yesterday"}, {"--limit-factor", "99"}, {"--limit-factor", "1", "--alarms-per-day", "1"}} {
		if _, log, code := crackle(append([]string{"backtest", "-c", path}, wrong...)...); code != exitMistake {
			t.Errorf("%v: %d, %q", wrong, code, log)
		}
	}
}
