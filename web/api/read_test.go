package api_test

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"crackle/alert"
	"crackle/web/api"
	"crackle/web/auth"
	"crackle/web/hub"
)

// shelf is what a program has to read from: it notes what it was asked.
type shelf struct {
	history api.HistoryQuery
	parts   api.PartQuery
	fails   error
}

func (s *shelf) Streams() []hub.StreamStatus { return nil }
func (s *shelf) Alarms() []alert.Alarm       { return nil }
func (s *shelf) Readiness() api.Readiness    { return api.Readiness{} }
func (s *shelf) Acknowledge(context.Context, string, string, string) error {
	return api.ErrUnknownAlarm
}
func traces(kind string) []api.Trace {
	return []api.Trace{{Channel: "a", Kind: kind, Buckets: []api.Bucket{{TMS: 1, Min: math.NaN(), Max: 2}}}}
}
func (s *shelf) History(_ context.Context, q api.HistoryQuery) (*api.History, error) {
	s.history = q
	return &api.History{Raw: traces("raw"), Score: []api.Point{{TMS: 1, Value: math.NaN(), Limit: 4, Verdict: "not assessed", Reason: "warming up"}},
		Spectrogram: &api.Spectrogram{TMS: []float64{1}, FHz: []float64{2}, DB: [][]api.Number{{3}}}}, s.fails
}
func (s *shelf) Kept(context.Context, string) (bool, error) { return true, nil }
func (s *shelf) Drawing(_ context.Context, id string) (*api.Drawing, error) {
	n := []api.Number{1}
	return &api.Drawing{Alarm: alert.Alarm{ID: id}, Part: "P", Raw: traces("raw"), Conditioned: traces("conditioned"), Features: []api.Feature{{Name: "rms", Points: []api.Bucket{{Max: 1}}}},
		Windows: []api.Window{{Features: n}}, Heat: api.Heat{Features: []string{"rms"}, TMS: []float64{1}, Share: [][]api.Number{n}}}, s.fails
}
func (s *shelf) Pack(context.Context, string) (io.ReadCloser, int64, error) {
	return io.NopCloser(strings.NewReader("pack")), 4, s.fails
}
func (s *shelf) Find(_ context.Context, q api.PartQuery) (any, error) {
	s.parts = q
	return []string{"P-7"}, s.fails
}
func (s *shelf) Lots(context.Context, string) (any, error) { return []string{"L"}, s.fails }
func (s *shelf) CSV(_ context.Context, w io.Writer, _ api.PartQuery) error {
	io.WriteString(w, "part\nP-7\n")
	return s.fails
}

func ask(t *testing.T, s *shelf, p api.Providers, path string) (int, string) {
	t.Helper()
	h, err := api.New(api.Config{Monitor: s, Providers: p, Door: auth.NewDoor(auth.Config{})})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "http://127.0.0.1"+path, nil))
	return w.Code, w.Body.String()
}

// What cannot be meant is refused with what was found and what is allowed, before anything is read.
func TestQueriesAreStrict(t *testing.T) {
	s := &shelf{}
	p := api.Providers{History: s, Evidence: s, Parts: s}
	for _, c := range []struct {
		path   string
		status int
		want   string
	}{
		{"/api/v1/alarms?limit=abc", 400, `limit: found`},
		{"/api/v1/alarms?open=yes", 400, "open: found"},
		{"/api/v1/streams/m/history?width=15", 400, "16 to 4096"},
		{"/api/v1/streams/m/history?width=1e9", 400, "16 to 4096"},
		{"/api/v1/streams/m/history?width=100&width=200", 400, "allowed once"},
		{"/api/v1/streams/m/history?want=raw,smell", 400, `\"smell\"`},
		{"/api/v1/streams/m/history?zoom=3", 400, `\"zoom\"`},
		{"/api/v1/streams/m/history?from=yesterday", 400, "from: found"},
		{"/api/v1/streams/m/history?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", 400, "from must be before to"},
		{"/api/v1/streams/m/history?channel=" + strings.Repeat("x", 300), 400, "300 bytes"},
		{"/api/v1/streams/m/history?width=%zz", 400, "cannot be read"},
		{"/api/v1/streams/m/history?width=100&want=raw,score", 200, `"marks":[]`},
		{"/api/v1/parts?limit=0", 400, "1 to 1000"},
		{"/api/v1/parts?format=xml", 400, "json, csv"},
		{"/api/v1/parts?lot=L", 200, `{"parts":["P-7"]}`},
		{"/api/v1/parts?format=csv", 200, "part\nP-7\n"},
		{"/api/v1/lots", 200, `{"lots":["L"]}`},
		{"/api/v1/alarms/a1/evidence", 200, `"id":"a1"`},
		{"/api/v1/alarms/a1/evidence/pack", 200, "pack"},
		{"/api/v1/alarms/a1/evidence?x=1", 400, "allowed is none"},
		{"/api/v1/alarms/a1/evidence/pack?x=1", 400, "allowed is none"},
		{"/api/v1/streams/m/history?from=0001-01-01T00:00:00Z", 400, "1970 to 2200"},
		{"/api/v1/streams/m/history?to=9999-01-01T00:00:00Z", 400, "1970 to 2200"},
	} {
		if status, body := ask(t, s, p, c.path); status != c.status || !strings.Contains(body, c.want) {
			t.Errorf("%.80s: %d %s; want %d with %s", c.path, status, body, c.status, c.want)
		}
	}
	if s.history.Want != api.WantRaw|api.WantScore || s.history.Width != 100 || s.parts.Limit == 0 {
		t.Errorf("asked for %+v, %+v", s.history, s.parts)
	}
	from := time.Date(2026, 1, 1, 0, 0, 0, 5e8, time.UTC)
	if status, _ := ask(t, s, p, "/api/v1/streams/m/history?from=2026-01-01T00:00:00.5Z"); status != 200 || !s.history.From.Equal(from) {
		t.Errorf("from %v", s.history.From)
	}
}

// A group without a program behind it says so, and a provider's error is answered as it asks.
func TestProvidersMissingAndFailing(t *testing.T) {
	bare := newDesk(t, &office{}, true)
	for _, c := range [][2]string{{"GET", "/system"}, {"GET", "/streams/m/envelope"}, {"GET", "/streams/m/models"}, {"POST", "/streams/m/models/0a/service"}, {"POST", "/streams/m/inspect"},
		{"POST", "/streams/m/teach"}, {"POST", "/streams/m/backtest"}, {"POST", "/alarms/a1/shelve"}, {"POST", "/alarms/a1/unshelve"}, {"POST", "/alarms/a1/feedback"},
		{"GET", "/parts/m/P"}, {"GET", "/reports/lot?stream=m&lot=L"}, {"GET", "/reports/part?stream=m&part=L"}, {"POST", "/sinks/s/test"}} {
		if status, body, _ := bare.ask(c[0], c[1], `{"by":"ann"}`); status != 501 || !strings.Contains(body, "does not provide") {
			t.Errorf("%s without a provider: %d %s", c, status, body)
		}
	}
	if status, body, _ := bare.ask("GET", "/alarms/a1", ""); status != 200 || !strings.Contains(body, `"journal":[],"evidence":false,"feedback":null`) {
		t.Errorf("an alarm without providers: %d %s", status, body)
	}
	paths := []string{"/api/v1/streams/m/history", "/api/v1/alarms/a/evidence", "/api/v1/alarms/a/evidence/pack", "/api/v1/parts", "/api/v1/parts?format=csv", "/api/v1/lots"}
	for _, path := range paths {
		if status, body := ask(t, &shelf{}, api.Providers{}, path); status != 501 || !strings.Contains(body, "does not provide") {
			t.Errorf("%s without a provider: %d %s", path, status, body)
		}
		for _, c := range []struct {
			err    error
			status int
		}{{api.NotFound("x", "no x"), 404}, {api.ErrUnavailable, 503}, {api.Refused("x", "so"), 400}, {errors.New("odd"), 500}} {
			s := &shelf{fails: c.err}
			if status, body := ask(t, s, api.Providers{History: s, Evidence: s, Parts: s}, path); status != c.status || !strings.Contains(body, c.err.Error()) {
				t.Errorf("%s: %d %s, want %d", path, status, body, c.status)
			}
		}
	}
}
