package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"crackle/alert"
)

// The server goes away under 200 streams. That is one alarm and one clear for people; nothing of a stream is told, and the alarm names those that
// depend on it.
func TestScenarioOutageUnder200Streams(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	var text strings.Builder
	fmt.Fprintf(&text, "%s\n[nats]\nurl = %q\ntoken = %q\nreconnect_wait_s = 0.2\n", base, srv.url, srv.token)
	for i := range 200 {
		text.WriteString(strings.Replace(meterStream(fmt.Sprintf("s%03d", i), `transport = "core"`, ""), "no_data_s = 300", "no_data_s = 15", 1))
	}
	cfg := parse(t, t.TempDir(), text.String())
	w := start(t, cfg)
	speak := func() {
		for i := range 200 {
			b := tone(20, time.Time{}, "")
			p := w.publisher(fmt.Sprintf("s%03d", i))
			publish(t, p, b)
		}
	}
	speak()
	srv.kill()
	a := w.alarmed("", alert.KindConnection, alert.Raised).Alarm
	wantAll(t, a.What, "is away", "s000, s001", "and 190 more", "start the server, or look at the network to it")
	eventually(t, "longer than the streams may be silent", func() bool { return time.Since(a.OnsetTime) > 17*time.Second })
	srv.start()
	w.alarmed("", alert.KindConnection, alert.Cleared)
	w.listen()
	speak()
	eventually(t, "a second with all of them heard", func() bool {
		for i := range 200 {
			if w.counts(fmt.Sprintf("s%03d", i)).LastData.Before(a.OnsetTime) {
				return false
			}
		}
		return true
	})
	w.mu.Lock()
	defer w.mu.Unlock()
	told := map[string]int{}
	for _, ev := range w.alarms {
		if ev.Change == alert.Raised || ev.Change == alert.Cleared {
			told[string(ev.Change)+" "+string(ev.Alarm.Kind)]++
		}
	}
	if len(told) != 2 || told["raised connection"] != 1 || told["cleared connection"] != 1 {
		t.Errorf("told %v, want one alarm and one clear", told)
	}
}
