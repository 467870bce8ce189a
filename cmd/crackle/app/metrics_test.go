package app_test

import (
	"strings"
	"testing"

	"crackle/detector"
)

// What is counted is what was sent, in /metrics as on the dashboard, and a stream that was not heard yet makes nobody unready.
func TestMetricsAndHealth(t *testing.T) {
	t.Parallel()
	cfg := parse(t, t.TempDir(), join(base, motorStream("heard", ""), motorStream("unheard", "")))
	saveMotorModel(t, cfg, "heard")
	w := start(t, cfg)
	_, metrics := w.get("/metrics")
	wantAll(t, metrics, `crackle_samples_total{fate="received",stream="heard"} 0`)
	for _, absent := range []string{`crackle_data_age_seconds`, `crackle_score{`} {
		if strings.Contains(metrics, absent) {
			t.Errorf("%s before the first sample", absent)
		}
	}

	pub := w.publisher("heard")
	publishPart(t, pub, healthy(t), "good", 100) // 17 windows, of which 3 warm the network up
	publishPart(t, pub, faulty(t), "bad", 250)
	w.wantVerdict("heard", "good", detector.OK)
	w.wantVerdict("heard", "bad", detector.Alarm)

	_, metrics = w.get("/metrics")
	wantAll(t, metrics,
		"crackle_nats_connected 1",
		`crackle_samples_total{fate="received",stream="heard"} 2000`,
		`crackle_samples_total{fate="delivered",stream="heard"} 2000`,
		`crackle_samples_total{fate="missing",stream="heard"} 0`,
		`crackle_samples_total{fate="received",stream="unheard"} 0`,
		`crackle_blocks_total{fate="received",stream="heard"} 14`,
		`crackle_windows_scored_total{stream="heard"} 28`,
		`crackle_score_limit{stream="heard"} 1`,
		`crackle_score{stream="heard"} `,
		`crackle_data_age_seconds{stream="heard"} `,
		`crackle_queue_blocks{stream="heard"} 0`,
		`crackle_store_pending_messages{stream="heard"} 0`,
		`crackle_alarms_total{change="raised"} 1`,
		`crackle_alarms_total{change="cleared"} 1`,
		"go_goroutines", "process_cpu_seconds_total", "crackle_hub_")
	if s := w.Status("heard"); s.Counts.Received != 2000 || s.Counts.Scored != 28 {
		t.Errorf("status %+v", s.Counts)
	}
	status, body := w.get("/healthz")
	if status != 200 {
		t.Errorf("healthz %d", status)
	}
	wantAll(t, body, `"status":"alive"`)
	status, body = w.get("/readyz")
	if status != 200 {
		t.Errorf("readyz %d", status)
	}
	wantAll(t, body, `"ready":true`, `"unseen":["unheard"]`, `"problems":[]`)
}

// An App that was not started, or not yet, answers what it is asked.
func TestBeforeStart(t *testing.T) {
	t.Parallel()
	w := newWatch(t, parse(t, t.TempDir(), join(base, motorStream("motor", ""))))
	if s := w.Status("motor"); s.Name != "" {
		t.Errorf("status %+v", s)
	}
	if _, ok := w.Counts("motor"); ok || w.URL() != "" || w.Connection() != nil {
		t.Error("it says that it runs")
	}
	if err := w.Settle(t.Context(), "motor", 1); err == nil {
		t.Error("settled")
	}
}
