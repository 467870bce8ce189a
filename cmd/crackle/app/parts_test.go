package app_test

import (
	"strings"
	"testing"

	"crackle/alert"
	"crackle/cmd/crackle/app"
	"crackle/detector"
	"crackle/detector/ledger"
)

// What was said of a part is there after the program has ended, once, and adds up; the API and the store say the same.
func TestScenarioPartsAreKept(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	cfg := external(t, srv, motorStream("motor.store", ""))
	saveMotorModel(t, cfg, "motor.store")
	w := start(t, cfg)
	p := w.publisher("motor.store")
	publishPart(t, p, healthy(t), "good", 100)
	w.wantVerdict("motor.store", "good", detector.OK)
	publishPart(t, p, faulty(t), "bad", 100)
	w.wantVerdict("motor.store", "bad", detector.Alarm)
	eventually(t, "the alarm", func() bool { return len(w.events("motor.store", alert.KindScore)) > 0 })
	for path, want := range map[string]string{
		"/api/v1/parts?stream=motor.store&part=bad":                   `"verdict":"alarm"`,
		"/api/v1/parts?format=csv":                                    "\nmotor.store,,good,",
		"/api/v1/lots":                                                `"parts":2`,
		"/api/v1/streams/motor.store/history?width=64&want=raw,score": `"channel":"phase_a_a"`,
		"/api/v1/alarms/" + w.events("motor.store", alert.KindScore)[0].Alarm.ID + "/evidence": `"windows":[{`, // beside the parts there is room for it
	} {
		eventually(t, path, func() bool { // the store is written behind the verdict, the evidence some seconds after
			status, body := w.get(path)
			return status == 200 && strings.Contains(body, want)
		})
	}
	for range 40 { // more readings than the server allows at once
		for _, path := range []string{"/api/v1/streams/motor.store/history?width=16&want=raw", "/api/v1/parts"} {
			if status, body := w.get(path); status != 200 {
				t.Fatalf("%s: %d %s", path, status, body)
			}
		}
	}
	if status, body := w.get("/api/v1/parts?stream=none"); status != 404 {
		t.Errorf("parts of no stream: %d %s", status, body)
	}
	w.stop()

	again := start(t, external(t, srv, motorStream("motor.store", "")))
	ask := func(q app.PartQuery) []ledger.Part {
		t.Helper()
		parts, err := app.Parts(within(t), again.Connection(), q)
		if err != nil {
			t.Fatal(err)
		}
		return parts
	}
	all := ask(app.PartQuery{})
	if len(all) != 2 || all[0].Part != "bad" || all[0].Verdict != detector.Alarm || all[1].Part != "good" || all[1].Verdict != detector.OK {
		t.Fatalf("kept: %+v", all)
	}
	for _, p := range all {
		if s := p.Samples; s.Pending() != 0 || s.Expected != s.Received+s.Missing || s.Scored == 0 {
			t.Errorf("part %s does not add up: %+v", p.Part, s)
		}
	}
	for _, c := range []struct {
		q    app.PartQuery
		want int
	}{
		{app.PartQuery{Stream: "motor.store", Part: "good"}, 1}, {app.PartQuery{Stream: "motor"}, 0}, {app.PartQuery{Limit: 1}, 1}, {app.PartQuery{Lot: "L"}, 0},
		{app.PartQuery{From: all[0].To}, 1}, {app.PartQuery{To: all[1].To}, 0}, {app.PartQuery{From: all[1].To, To: all[0].To.Add(1)}, 2},
	} {
		if got := ask(c.q); len(got) != c.want {
			t.Errorf("%+v: %d parts, want %d", c.q, len(got), c.want)
		}
	}
}
