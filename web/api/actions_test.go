package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"crackle/alert"
	"crackle/web/api"
	"crackle/web/auth"
	"crackle/web/hub"
)

// office is a program with one stream and two alarms. It writes down what it was asked to do.
type office struct {
	shelf
	mu   sync.Mutex
	did  []string
	odd  error // what every action fails with
	hold chan struct{}
}

func (o *office) Streams() []hub.StreamStatus { return []hub.StreamStatus{{Name: "m"}} }
func (o *office) Alarms() []alert.Alarm {
	return []alert.Alarm{
		{ID: "a1", Stream: "m", Kind: alert.KindScore, State: alert.Unacknowledged, OnsetTime: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)},
		{ID: "a2", Stream: "n", Kind: alert.KindGap, State: alert.Normal, OnsetTime: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)},
	}
}
func (o *office) note(format string, args ...any) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.odd == nil {
		o.did = append(o.did, fmt.Sprintf(format, args...))
	}
	return o.odd
}
func (o *office) Acknowledge(_ context.Context, id, by, comment string) error {
	if id != "a1" {
		return api.ErrUnknownAlarm
	}
	return o.note("ack %s %s %s", id, by, comment)
}
func (o *office) Shelve(_ context.Context, id, by, comment string, d time.Duration, oneShot bool) error {
	return o.note("shelve %s %s %s %s %v", id, by, comment, d, oneShot)
}
func (o *office) Unshelve(_ context.Context, id, by, comment string) error {
	return o.note("unshelve %s %s %s", id, by, comment)
}
func (o *office) Record(_ context.Context, id string) (*api.Record, error) {
	r := &api.Record{}
	for _, a := range o.past() {
		if a.ID == id {
			r.Alarm = &a
		}
	}
	if id[0] == 'a' {
		r.Changes = []api.Change{{Change: "raised", Why: "above its limit"}}
	}
	return r, nil
}
func (o *office) past() []alert.Alarm {
	return []alert.Alarm{
		{ID: "a1", Stream: "m", Kind: alert.KindScore, State: alert.Unacknowledged, OnsetTime: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), What: "as it was"},
		{ID: "a0", Stream: "m", Kind: alert.KindScore, State: alert.Normal, OnsetTime: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)},
	}
}
func (o *office) Past(context.Context, api.AlarmQuery) ([]alert.Alarm, error) { return o.past(), nil }

func (o *office) Judge(_ context.Context, id, judgement, by, comment string) error {
	return o.note("judge %s %s %s %s", id, judgement, by, comment)
}
func (o *office) Judged(context.Context, string) (any, error) { return nil, nil }
func (o *office) TestSink(_ context.Context, name, by string) error {
	if name != "slack" {
		return api.NotFound("sink", "no sink is named %s", name)
	}
	return o.note("test %s", name)
}
func (o *office) Models(context.Context, string) (any, error) {
	return map[string]any{"models": []string{}}, nil
}
func (o *office) PutInService(_ context.Context, stream, hash, by, comment string) error {
	return o.note("serve %s %s %s %s", stream, hash, by, comment)
}
func (o *office) System(context.Context) (*api.System, error) {
	return &api.System{Version: "v", Streams: []api.Flow{{Name: "m", DataAgeS: api.Number(math.NaN())}}, Sinks: []api.SinkState{{Name: "log"}}, Store: api.StoreState{Streams: []api.StoredPart{{Name: "S"}}}}, nil
}
func (o *office) Envelope(_ context.Context, stream string) (*api.Envelope, error) {
	return nil, api.NotFound("envelope", "stream %s has no cycle", stream)
}
func (o *office) Inspect(ctx context.Context, _ string, _, _ time.Time, report api.Progress) (any, error) {
	report(0.5, "reading")
	select {
	case <-o.hold:
		return map[string]int{"rows": 3}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
func (o *office) Teach(_ context.Context, stream, by string, q api.TeachRequest, _ api.Progress) (any, error) {
	return nil, o.note("teach %s %s %d", stream, by, q.Parts)
}
func (o *office) Backtest(_ context.Context, stream string, q api.BacktestRequest, _ api.Progress) (any, error) {
	return nil, o.note("backtest %s %g", stream, q.LimitFactor)
}
func (o *office) Lot(_ context.Context, stream, lot string) ([]byte, error) {
	return []byte("<h1>" + stream + lot), nil
}
func (o *office) Part(_ context.Context, stream, part string) ([]byte, error) {
	return nil, api.NotFound("parts", "none")
}

// desk serves an office without logins.
type desk struct {
	*office
	t *testing.T
	h *api.Handler
	d *auth.Door
}

func newDesk(t *testing.T, o *office, bare bool) *desk {
	t.Helper()
	d := auth.NewDoor(auth.Config{})
	p := api.Providers{History: o, Evidence: o, Parts: o, Reports: o, Desk: o, Journal: o, Judge: o, System: o, Sinks: o, Models: o, Teacher: o, Backtest: o, Envelope: o}
	if bare {
		p = api.Providers{}
	}
	h, err := api.New(api.Config{Monitor: o, Providers: p, Door: d})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := h.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return &desk{o, t, h, d}
}

func (d *desk) ask(method, path, body string) (int, string, *httptest.ResponseRecorder) {
	r := httptest.NewRequest(method, "http://127.0.0.1/api/v1"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(auth.TokenHeader, d.d.Token(auth.Caller{}))
	w := httptest.NewRecorder()
	d.h.ServeHTTP(w, r)
	text, _ := io.ReadAll(w.Result().Body)
	return w.Code, string(text), w
}

func TestActions(t *testing.T) {
	d := newDesk(t, &office{}, false)
	many := strings.TrimSuffix(strings.Repeat(`"x",`, 201), ",")
	for _, c := range []struct {
		method, path, body string
		status             int
		want, did          string
	}{
		{"GET", "/alarms?stream=m", "", 200, `"id":"a1"`, ""},
		{"GET", "/alarms?kind=gap&open=false&limit=1", "", 200, `"id":"a2"`, ""},
		{"GET", "/alarms?from=2026-01-01T12:00:00Z", "", 200, `"id":"a1"`, ""},
		{"GET", "/alarms?to=2024-01-01T00:00:00Z", "", 200, `{"alarms":[]}`, ""},
		{"GET", "/alarms?from=2026-01-01T12:00:00Z", "", 200, `"what":""`, ""},
		{"GET", "/alarms/a1", "", 200, `"why":"above its limit"`, ""},
		{"GET", "/alarms/a1", "", 200, `"evidence":true,"feedback":null`, ""},
		{"GET", "/alarms/x9", "", 404, "neither open nor recent", ""},
		{"GET", "/alarms/a0", "", 200, `"onset_time":"2025-01-01T00:00:00Z"`, ""},
		{"GET", "/alarms?from=2025-01-01T00:00:00Z&to=2025-06-01T00:00:00Z", "", 200, `"id":"a0"`, ""},
		{"GET", "/alarms?open=true&from=2025-01-01T00:00:00Z&to=2025-06-01T00:00:00Z", "", 200, `{"alarms":[]}`, ""},
		{"GET", "/alarms?to=2025-06-01T00:00:00Z&stream=n", "", 200, `{"alarms":[]}`, ""},
		{"POST", "/alarms/acknowledge", `{"ids":["a1","x9"],"by":"ann","comment":"seen"}`, 200, `"failed":[{"id":"x9","error":{"code":"alarm"`, "ack a1 ann seen"},
		{"POST", "/alarms/acknowledge", `{"ids":[],"by":"ann"}`, 400, "1 to 200", ""},
		{"POST", "/alarms/acknowledge", `{"ids":[` + many + `],"by":"ann"}`, 400, "1 to 200", ""},
		{"POST", "/alarms/acknowledge", `{"ids":[""],"by":"ann"}`, 400, "1 to 128", ""},
		{"POST", "/alarms/a1/shelve", `{"minutes":90,"by":"ann","comment":"known"}`, 200, `"id":"a1"`, "shelve a1 ann known 1h30m0s false"},
		{"POST", "/alarms/a1/shelve", `{"one_shot":true,"by":"ann"}`, 200, `"id":"a1"`, "shelve a1 ann  0s true"},
		{"POST", "/alarms/a1/shelve", `{"by":"ann"}`, 400, "minutes: found 0", ""},
		{"POST", "/alarms/a1/shelve", `{"minutes":-1,"one_shot":true,"by":"ann"}`, 400, "minutes: found -1", ""},
		{"POST", "/alarms/a1/shelve", `{"minutes":1e9,"by":"ann"}`, 400, "minutes", ""},
		{"POST", "/alarms/a1/unshelve", `{"by":"ann"}`, 200, `"id":"a1"`, "unshelve a1 ann "},
		{"POST", "/alarms/a1/feedback", `{"judgement":"bad","by":"ann","comment":"burnt"}`, 200, `"id":"a1"`, "judge a1 bad ann burnt"},
		{"POST", "/alarms/a1/feedback", `{"judgement":"so so","by":"ann"}`, 400, "fine and bad", ""},
		{"POST", "/alarms/a1/feedback", `{"judgement":"fine"}`, 400, "say who", ""},
		{"POST", "/sinks/slack/test", "", 200, `{"delivered":true}`, "test slack"},
		{"POST", "/sinks/none/test", "", 404, "no sink", ""},
		{"GET", "/system", "", 200, `"version":"v"`, ""},
		{"GET", "/streams/m/envelope", "", 404, "no cycle", ""},
		{"GET", "/streams/none/envelope", "", 404, "not configured", ""},
		{"GET", "/streams/m/models", "", 200, `"models":[]`, ""},
		{"GET", "/streams/none/models", "", 404, "not configured", ""},
		{"POST", "/streams/m/models/0af1/service", `{"by":"ann","comment":"better"}`, 200, `"models":[]`, "serve m 0af1 ann better"},
		{"POST", "/streams/m/models/..%2Fx/service", `{"by":"ann"}`, 400, "in hex", ""},
		{"GET", "/parts/m/P-7", "", 200, `{"parts":["P-7"]}`, ""},
		{"GET", "/reports/lot?stream=m&lot=L", "", 200, "<h1>mL", ""},
		{"GET", "/reports/lot?stream=m", "", 400, "both are needed", ""},
		{"GET", "/reports/part?stream=m&part=P", "", 404, "none", ""},
		{"POST", "/streams/m/teach", `{}`, 400, "found 0 ways", ""},
		{"POST", "/streams/m/teach", `{"parts":5,"seconds":3}`, 400, "found 2 ways", ""},
		{"POST", "/streams/m/teach", `{"parts":-5}`, 400, "parts: found -5", ""},
		{"POST", "/streams/m/teach", `{"seconds":1e12}`, 400, "seconds", ""},
		{"POST", "/streams/m/teach", `{"from":"2026-01-02T00:00:00Z","to":"2026-01-01T00:00:00Z"}`, 400, "before to", ""},
		{"POST", "/streams/m/inspect", `{"from":"0001-02-01T00:00:00Z"}`, 400, "the year 1", ""},
		{"POST", "/streams/m/backtest", `{"limit_factor":100}`, 400, "0.1 to 10", ""},
		{"POST", "/streams/m/backtest", `{"limit_factor":1,"alarms_per_day":2}`, 400, "one of them", ""},
		{"POST", "/streams/m/backtest", `{"model":"../x"}`, 400, "in hex", ""},
		{"POST", "/streams/none/backtest", `{}`, 404, "not configured", ""},
		{"GET", "/jobs/none", "", 404, "not known", ""},
		{"DELETE", "/jobs/none", "", 404, "not known", ""},
	} {
		d.did = nil
		status, body, w := d.ask(c.method, c.path, c.body)
		if did := strings.Join(d.did, "; "); status != c.status || !strings.Contains(body, c.want) || did != c.did {
			t.Errorf("%s %s %.80s: %d %.300s, did %q; want %d with %s, did %q", c.method, c.path, c.body, status, body, did, c.status, c.want, c.did)
		}
		if strings.HasPrefix(c.path, "/reports") && status == 200 && !strings.Contains(w.Header().Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%s: policy %q", c.path, w.Header().Get("Content-Security-Policy"))
		}
	}
	for err, want := range map[error]int{api.ErrNotShelved: 409, alert.ErrInput: 400, alert.ErrStopped: 503, errors.New("the disk is full"): 503, api.ErrUnknownAlarm: 409} {
		d.odd = err
		if status, body, _ := d.ask("POST", "/alarms/a1/unshelve", `{"by":"ann"}`); status != want {
			t.Errorf("%v: %d %s, want %d", err, status, body, want)
		}
	}
	d.odd = errors.New("no route to the other side")
	if status, body, _ := d.ask("POST", "/sinks/slack/test", ""); status != 502 || !strings.Contains(body, "no route") {
		t.Errorf("a sink that fails: %d %s", status, body)
	}
}

// A job is started, told of, listed, and cancelled or done; its result comes with it.
func TestJobRoutes(t *testing.T) {
	d := newDesk(t, &office{hold: make(chan struct{})}, false)
	begin := func() (job api.Job) {
		t.Helper()
		status, body, _ := d.ask("POST", "/streams/m/inspect", `{"from":"2026-01-01T00:00:00Z"}`)
		if err := json.Unmarshal([]byte(body), &job); err != nil || status != 202 || job.State != api.JobRunning {
			t.Fatalf("inspect: %d %s", status, body)
		}
		return job
	}
	wait := func(id string, state api.JobState) string {
		t.Helper()
		for end := time.Now().Add(20 * time.Second); ; time.Sleep(2 * time.Millisecond) {
			if _, body, _ := d.ask("GET", "/jobs/"+id, ""); strings.Contains(body, `"state":"`+string(state)+`"`) {
				return body
			}
			if time.Now().After(end) {
				t.Fatalf("job %s is not %s", id, state)
			}
		}
	}
	a := begin()
	if status, body, _ := d.ask("POST", "/streams/m/inspect", `{}`); status != 409 || !strings.Contains(body, a.ID) {
		t.Errorf("a second one: %d %s", status, body)
	}
	if status, body, _ := d.ask("DELETE", "/jobs/"+a.ID, ""); status != 200 {
		t.Errorf("cancel: %d %s", status, body)
	}
	wait(a.ID, api.JobCancelled)
	b := begin()
	close(d.hold)
	if body := wait(b.ID, api.JobDone); !strings.Contains(body, `"result":{"rows":3}`) {
		t.Errorf("done: %s", body)
	}
	if status, body, _ := d.ask("GET", "/jobs?stream=m", ""); status != 200 || strings.Index(body, b.ID) > strings.Index(body, a.ID) {
		t.Errorf("list: %d %s", status, body)
	}
}
