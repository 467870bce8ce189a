package web_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"crackle/detector"
	"crackle/detector/ledger"
	"crackle/web"
	"crackle/web/api"
	"crackle/web/auth"
	"crackle/web/webtest"
)

// shop keeps parts that are over.
type shop []ledger.Part

func (s shop) Find(_ context.Context, q api.PartQuery) (any, error) {
	out := []ledger.Part{}
	for _, p := range s {
		if (q.Stream == "" || p.Stream == q.Stream) && (q.Lot == "" || p.Lot == q.Lot) && (q.To.IsZero() || p.To.Before(q.To)) && len(out) < q.Limit {
			out = append(out, p)
		}
	}
	return out, nil
}

func (s shop) Lots(_ context.Context, stream string) (any, error) {
	parts, err := s.Find(context.Background(), api.PartQuery{Stream: stream, Limit: len(s)})
	return ledger.Lots(parts.([]ledger.Part)), err
}

func (s shop) CSV(_ context.Context, w io.Writer, q api.PartQuery) error {
	_, err := fmt.Fprintf(w, "stream,lot\n%s,%s\n", q.Stream, q.Lot)
	return err
}

func (s shop) Lot(_ context.Context, stream, lot string) ([]byte, error) {
	return []byte("<!doctype html><title>Lot</title><h1>" + stream + " " + lot + "</h1>"), nil
}

func (s shop) Part(_ context.Context, stream, part string) ([]byte, error) {
	return []byte("<!doctype html><title>Part</title><h1>" + stream + " " + part + "</h1>"), nil
}

func fullShop() shop {
	var s shop
	at := time.Date(2026, 11, 25, 9, 0, 0, 0, time.UTC)
	for i := range 40 {
		p := ledger.Part{Stream: "grinder.mbn", Part: fmt.Sprintf("ring-%04d", 340-i), Lot: fmt.Sprintf("L-%d", 2207-i/16), First: uint64(i), From: at.Add(-time.Duration(i+1) * time.Minute), To: at.Add(-time.Duration(i) * time.Minute),
			Samples: ledger.Samples{Expected: 12e6, Received: 12e6, Scored: 12e6}, Windows: ledger.Windows{Total: 400, Scored: 400}, Peak: 1.8, Limit: 4, Coverage: 1, Needed: 0.99, Verdict: detector.OK}
		switch {
		case i%13 == 4:
			p.Verdict, p.Peak, p.Alarmed = detector.Alarm, 7.2, true
		case i%9 == 2:
			p.Verdict, p.Reasons, p.Coverage, p.Samples.Missing, p.Samples.Scored = detector.NotAssessed, []string{"204 800 samples are missing", "98.2 % was scored, 99 % is needed"}, 0.98296, 204800, 11795200
		}
		s = append(s, p)
	}
	s = append(s, ledger.Part{Stream: "motor.current", Part: webtest.Hostile, Lot: webtest.Hostile, From: at, To: at, Verdict: detector.NotAssessed, Reasons: []string{webtest.Hostile}})
	return s
}

// Parts and lots: verdicts with reasons, narrowed down by verdict, lot and words; the account of a part; export and a report to print.
func TestBrowserParts(t *testing.T) {
	dist, b := webtest.BuildUI(t), webtest.Browser(t)
	streams, _ := demo()
	p := newPlant(t, streams...)
	s := fullShop()
	url, _ := serve(t, p, "127.0.0.1:0", dist, api.Providers{Parts: s, Reports: s})
	for _, view := range webtest.Views {
		w := webtest.Open(t, b, url+"#/parts", view.Width, view.Height, view.Dark)
		w.Within("every part", `document.querySelectorAll("table.parts tbody tr").length === 41 && document.querySelectorAll("table.lots tbody tr").length === 4`)
		w.Shows("table.parts td:nth-child(2)", "table.parts td:nth-child(2) .sub", "table.parts td:nth-child(7)", "table.lots td:nth-child(2)")
		w.Accessible(view.Name)
		w.Shot(view.Name)
		w.Quiet()
	}
	w := webtest.Open(t, b, url+"#/parts", 1280, 800, false)
	w.Within("every part", `document.querySelectorAll("table.parts tbody tr").length === 41`)
	webtest.JS[bool](w, `([...document.querySelectorAll(".chip")].find((c) => c.innerText.includes("Alarm")).click(), true)`)
	w.Within("those with an alarm", `[...document.querySelectorAll("table.parts tbody tr")].every((r) => r.dataset.verdict === "alarm") && document.querySelectorAll("table.parts tbody tr").length === 3`)
	webtest.JS[bool](w, `([...document.querySelectorAll(".chip")].find((c) => c.innerText.includes("Not assessed")).click(), true)`)
	w.Within("those not assessed, with the reason", `document.querySelector("table.parts tbody tr:nth-child(1)").innerText.includes("204 800 samples are missing")`)
	if text := webtest.JS[string](w, `document.querySelector("table.parts tbody tr").innerText`); !strings.Contains(text, "98.2\u202f%") {
		t.Errorf("a coverage of 0.98296 reads %q; it must not be rounded up", text)
	}
	webtest.JS[bool](w, `(document.querySelector("table.parts details").open = true)`)
	w.Within("the account", `document.querySelector("table.parts details").innerText.includes("204\u202f800")`)
	w.Click(`table.lots tbody tr:nth-child(3) a`)
	w.Within("one lot", `location.hash.includes("lot=L-2206") && document.querySelectorAll("table.lots tbody tr").length === 1 && [...document.querySelectorAll("table.parts td:nth-child(2) .sub")].every((c) => c.innerText === "L-2206")`)
	w.Shot("lot")
	for link, want := range map[string]string{webtest.JS[string](w, `document.querySelector("a.csv").href`): "grinder.mbn,L-2206", webtest.JS[string](w, `document.querySelector("table.lots a[target]").href`): "<h1>grinder.mbn L-2206</h1>"} {
		resp, err := http.Get(link)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode != 200 || !strings.Contains(string(body), want) {
			t.Errorf("%s answers %s: %s, want %s in it", link, resp.Status, body, want)
		}
	}
	w.Quiet()
}

// clinic tells how a monitor is doing that has a full queue, a sink that fails and one that works.
type clinic struct{}

func (clinic) System(context.Context) (*api.System, error) {
	now := time.Now()
	return &api.System{Version: "1.4.0", Kernel: "avx2", Started: now.Add(-26 * time.Hour), Now: now, CPUs: 8, Goroutines: 64, Memory: api.Memory{Heap: 61e6, Total: 120e6}, Clients: 2, Dropped: 4096,
		Streams: []api.Flow{
			{Name: "motor.current", SamplesPerS: 1000, WindowsPerS: 20, DataAgeS: 0.04, Queued: 1, QueueSize: 64, Pending: 0, Received: 9e6, Latency: api.Latency{TransportS: 0.0012, QueueS: 0.0004, ScoringS: 0.00021}},
			{Name: "grinder.mbn", SamplesPerS: 200e3, WindowsPerS: 33.3, DataAgeS: 0.9, Queued: 58, QueueSize: 64, Pending: 120, Received: 1e9, Dropped: 4096, Latency: api.Latency{TransportS: 0.003, QueueS: 0.8, ScoringS: 0.004}},
		},
		Sinks: []api.SinkState{{Name: "maintenance", Kind: "slack", Sent: 12, LastSent: now.Add(-time.Hour)}, {Name: "mes", Kind: "webhook", Queued: 3, Failed: 8, LastError: "POST answered 503 " + webtest.Hostile}},
		NATS:  api.NATSState{Connected: true, Embedded: true, Server: "the embedded server", Version: "2.12", RTTS: 0.0002, InBytes: 1e9, OutBytes: 2e9},
		Store: api.StoreState{Bytes: 9.1e9, MaxBytes: 10e9, Streams: []api.StoredPart{{Name: "CRACKLE_SIGNALS", Bytes: 9e9, MaxBytes: 9.5e9, Messages: 88000, Oldest: now.Add(-9 * time.Hour), Newest: now}}}, Heartbeat: api.HeartbeatRun{Last: now, OK: true}}, nil
}

func (clinic) TestSink(_ context.Context, name, _ string) error {
	if name == "mes" {
		return errors.New("POST answered 503")
	}
	return nil
}

// The system page: rates, ages, queues, losses, latencies, sinks and their test, NATS and the store; what needs a person stands out in words.
func TestBrowserSystem(t *testing.T) {
	dist, b := webtest.BuildUI(t), webtest.Browser(t)
	streams, _ := demo()
	p := newPlant(t, streams...)
	url, _ := serve(t, p, "127.0.0.1:0", dist, api.Providers{System: clinic{}, Sinks: clinic{}})
	for _, view := range webtest.Views {
		w := webtest.Open(t, b, url+"#/system", view.Width, view.Height, view.Dark)
		w.Within("both streams and sinks", `document.querySelectorAll("table.flows tbody tr").length === 2 && document.querySelectorAll("table.sinks tbody tr").length === 2`)
		text := webtest.JS[string](w, `document.body.innerText`)
		for _, want := range []string{"1.4.0", "1 d 02 h", "58 of 64, nearly full", "200\u202fkHz", "9.1\u202fGB of 10\u202fGB, nearly full", "4\u202f096", "POST answered 503", "0.8\u202fs"} {
			if !strings.Contains(strings.ReplaceAll(text, "d\u00a0", "d "), want) && !strings.Contains(strings.ReplaceAll(text, "\u202f", " "), want) {
				t.Errorf("%s: the page does not say %q", view.Name, want)
			}
		}
		w.Shows(".system-page > .note", "table.sinks")
		w.Accessible(view.Name)
		w.Shot(view.Name)
		w.Quiet()
	}
	w := webtest.Open(t, b, url+"#/system", 1280, 800, false)
	w.Click(`tr[data-sink=maintenance] button`)
	w.Within("the test delivered", `document.querySelector("tr[data-sink=maintenance]").innerText.includes("delivered")`)
	w.Click(`tr[data-sink=mes] button`)
	w.Within("the reason why not", `document.querySelector("tr[data-sink=mes] td:last-child").innerText.includes("POST answered 503")`)
}

// Logins: nothing is shown before, a wrong password is refused in words, each role sees what it may do, and whoever logs out sees nothing more.
func TestBrowserLogin(t *testing.T) {
	dist, b := webtest.BuildUI(t), webtest.Browser(t)
	users, err := auth.OpenUsers(filepath.Join(t.TempDir(), auth.UsersFile))
	if err != nil {
		t.Fatal(err)
	}
	const password = "correct horse battery"
	for name, role := range map[string]auth.Role{"vera": auth.Viewer, "otto": auth.Operator, "eve": auth.Engineer} {
		if err := users.Add(name, role, password); err != nil {
			t.Fatal(err)
		}
	}
	streams, sources := demo()
	p := newPlant(t, streams...)
	r := newRecords(p)
	providers := r.providers(history{p, sources})
	providers.System, providers.Sinks = clinic{}, clinic{}
	url, _ := serveWith(t, p, web.Config{Listen: "127.0.0.1:0", Providers: providers, Doors: web.Doors{Users: users}}, dist)
	feed(t, p, sources)
	p.fault("grinder.mbn", 5)
	for _, view := range webtest.Views {
		w := webtest.Open(t, b, url+"#/alarms", view.Width, view.Height, view.Dark)
		w.Within("the login", `document.querySelector(".login") !== null`)
		if webtest.JS[int](w, `document.querySelectorAll("tr, .tile").length`) != 0 || strings.Contains(webtest.JS[string](w, `document.body.innerText`), "Grinder") {
			t.Error("something is shown before anybody has logged in")
		}
		w.Accessible(view.Name)
		w.Shot(view.Name)
	}
	for _, c := range []struct {
		user     string
		ack, try bool
	}{{"vera", false, false}, {"eve", true, true}, {"otto", true, false}} {
		w := webtest.Open(t, b, url+"#/alarms", 1280, 800, false)
		w.Within("the login", `document.activeElement?.id === "user"`)
		w.Do("a wrong password", chromedp.KeyEvent(c.user), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent("wrong, wrong, wrong"), chromedp.KeyEvent(kb.Enter))
		w.Within("the refusal", `document.querySelector(".login .error").innerText !== ""`)
		w.Do("the right one", chromedp.SendKeys("#password", password), chromedp.KeyEvent(kb.Enter))
		w.Within("the page that was asked for", `document.querySelector("tr[data-alarm]") !== null && document.querySelector(".user-name").innerText.startsWith("`+c.user+`")`)
		if got := webtest.JS[int](w, `document.querySelectorAll("button.ack").length`) > 0; got != c.ack {
			t.Errorf("%s sees a button to acknowledge: %v, want %v", c.user, got, c.ack)
		}
		w.GoTo("#/system")
		w.Within("the sinks", `document.querySelectorAll("table.sinks tbody tr").length === 2`)
		if got := webtest.JS[int](w, `document.querySelectorAll("table.sinks button").length`) > 0; got != c.try {
			t.Errorf("%s sees a button to test a sink: %v, want %v", c.user, got, c.try)
		}
		if c.ack {
			w.GoTo("#/alarms")
			w.Within("the alarms", `document.querySelector("button.ack") !== null || document.querySelector(".by") !== null`)
			if c.user == "otto" {
				w.Click("button.ack")
				w.Do("acknowledge without giving a name", chromedp.WaitVisible("dialog[open]"))
				if webtest.JS[bool](w, `document.querySelector("#ask-by") !== null`) {
					t.Error("who is logged in is asked for a name")
				}
				w.Click("dialog .primary")
				w.Within("the acknowledgement in the name of who is logged in", `document.querySelector(".by")?.innerText === "otto"`)
			}
		}
		w.Shot(c.user)
		w.Click(".user button")
		w.Within("the login again", `document.querySelector(".login") !== null && document.querySelectorAll("tr").length === 0`)
	}
}
