package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"crackle/detector"
)

// post changes something over HTTP, as the dashboard does.
func (w *watch) post(path, body string) (status int, answer string) {
	w.t.Helper()
	return postTo(w.t, w.URL(), path, body)
}

// postTo is post to any monitor.
func postTo(t testing.TB, url, path, body string) (status int, answer string) {
	t.Helper()
	_, text := get(t, url, "/api/v1/session")
	var session struct{ Token, Header string }
	if err := json.Unmarshal([]byte(text), &session); err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodPost, strings.TrimRight(url, "/")+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(session.Header, session.Token)
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	defer http.DefaultClient.CloseIdleConnections()
	b, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	return got.StatusCode, string(b)
}

// A lesson that is under way when the monitor is killed is lost. The next run says so: in its log, the journal and the list of jobs, until the stream
// is taught again. One that was called off is not lost.
func TestScenarioLessonBrokenOff(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	path, cfg := srv.write(t, t.TempDir(), motorStream("motor", "")+motorStream("other", ""))
	saveMotorModel(t, cfg, "motor")
	first := startMonitor(t, path)
	lesson := func(m *monitor, stream string) (id string) {
		t.Helper()
		status, body := postTo(t, m.url(), "/api/v1/streams/"+stream+"/teach", `{"parts": 5}`)
		var j struct{ ID string }
		if err := json.Unmarshal([]byte(body), &j); err != nil || status != http.StatusAccepted {
			t.Fatalf("%d %s", status, body)
		}
		eventually(t, "the lesson to listen", func() bool {
			_, body := get(t, m.url(), "/api/v1/jobs/"+j.ID)
			return strings.Contains(body, "waiting for the signal")
		})
		return j.ID
	}
	lesson(first, "motor")
	called := lesson(first, "other")
	_, text := get(t, first.url(), "/api/v1/session")
	var session struct{ Token, Header string }
	if err := json.Unmarshal([]byte(text), &session); err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodDelete, strings.TrimRight(first.url(), "/")+"/api/v1/jobs/"+called, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set(session.Header, session.Token)
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	got.Body.Close()
	eventually(t, "the end of the one that is called off", func() bool {
		_, body := get(t, first.url(), "/api/v1/jobs/"+called)
		return strings.Contains(body, "cancelled")
	})
	first.kill()

	second := startMonitor(t, path)
	var jobs string
	eventually(t, "the lesson in the list of jobs", func() bool {
		_, jobs = get(t, second.url(), "/api/v1/jobs?stream=motor")
		return strings.Contains(jobs, "broken off by a restart")
	})
	wantAll(t, jobs, `"id":"lost-motor"`, `"state":"failed"`)
	if status, body := get(t, second.url(), "/api/v1/jobs/lost-motor"); status != http.StatusOK {
		t.Errorf("%d %s", status, body)
	}
	if _, body := get(t, second.url(), "/api/v1/jobs?stream=other"); strings.Contains(body, "broken off") {
		t.Errorf("called off before: %s", body)
	}
	nc := srv.dial(t)
	noted := func() (n int) {
		for _, e := range journalOf(t, nc) {
			if e.Note != nil && e.Note.Stream == "motor" && strings.Contains(e.Note.What, "broken off") {
				n++
			}
		}
		return n
	}
	eventually(t, "the journal", func() bool { return noted() > 0 })
	lesson(second, "motor")
	if _, jobs = get(t, second.url(), "/api/v1/jobs?stream=motor"); strings.Contains(jobs, "broken off") {
		t.Errorf("it is taught again: %s", jobs)
	}
	second.stop()
	if n := noted(); n != 1 {
		t.Errorf("noted %d times", n)
	}
	third := startMonitor(t, path) // the second one was stopped in order, in the middle of a lesson
	eventually(t, "the second lesson, too", func() bool { return third.logged("a lesson was broken off by a restart") })
	third.stop()
}

// job starts one over HTTP, waits for it, and reads its result into v.
func (w *watch) job(path, body string, v any) {
	w.t.Helper()
	status, answer := w.post(path, body)
	var j struct {
		ID, State, Text string
		Result          json.RawMessage
	}
	if err := json.Unmarshal([]byte(answer), &j); err != nil || status/100 != 2 {
		w.t.Fatalf("%s: %d %s", path, status, answer)
	}
	eventually(w.t, "job "+path, func() bool {
		_, answer = w.get("/api/v1/jobs/" + j.ID)
		if err := json.Unmarshal([]byte(answer), &j); err != nil {
			w.t.Fatal(err)
		}
		return j.State != "running"
	})
	if j.State != "done" {
		w.t.Fatalf("%s: %s", path, answer)
	}
	if err := json.Unmarshal(j.Result, v); err != nil {
		w.t.Fatalf("%s: %v in %s", path, err, j.Result)
	}
}

// The whole of it over HTTP: look, judge, teach, put in service.
func TestTeachOverHTTP(t *testing.T) {
	t.Parallel()
	cfg := parse(t, t.TempDir(), join(base, motorStream("motor", "")))
	saveMotorModel(t, cfg, "motor")
	w := start(t, cfg)
	line := newBench(w.publisher("motor"))
	stretch := fmt.Sprintf(`{"from":%q,"to":%q}`, line.at.Format(time.RFC3339), line.at.Add(time.Minute).Format(time.RFC3339))
	line.lots(t, 8)
	line.part(t, true, "broken", "L9")
	w.wantVerdict("motor", "broken", detector.Alarm)
	id := w.firstAlarm("motor")
	if status, answer := w.post("/api/v1/alarms/"+id+"/feedback", `{"judgement":"bad","comment":"bearing","by":"anna"}`); status != http.StatusOK {
		t.Errorf("%d %s", status, answer)
	}
	var seen struct {
		Teachable  bool
		Exclusions []struct{ Why, Alarm string }
		Findings   []struct{ About, Level, Text string }
		Features   []struct{ Series [][3]float64 }
	}
	w.job("/api/v1/streams/motor/inspect", stretch, &seen)
	if !seen.Teachable || len(seen.Exclusions) != 1 || seen.Exclusions[0].Why != "bad" || seen.Exclusions[0].Alarm != id || len(seen.Findings) < 4 || len(seen.Features) == 0 {
		t.Errorf("%+v", seen)
	}
	var info struct {
		Hash       string
		Comparison struct{ New, Running struct{ Windows int } }
		Report     []string
	}
	w.job("/api/v1/streams/motor/teach", stretch, &info)
	if info.Hash == "" || info.Comparison.New.Windows == 0 || len(info.Report) < 5 {
		t.Errorf("%+v", info)
	}
	status, answer := w.post("/api/v1/streams/motor/models/"+info.Hash+"/service", `{"by":"anna","comment":"try"}`)
	if status != http.StatusOK || !strings.Contains(answer, `"in_service":"`+info.Hash+`"`) {
		t.Errorf("%d %s", status, answer)
	}
	_, answer = w.get("/api/v1/alarms/" + id)
	wantAll(t, answer, `"judgement":"bad"`, `"bearing"`)
	eventually(t, "the judgement in the alarm's history", func() bool {
		_, answer = w.get("/api/v1/alarms/" + id)
		return strings.Contains(answer, `"judged bad"`)
	})
	_, answer = w.get("/api/v1/streams/motor/history?want=raw&width=64&from=" + time.Now().Add(-time.Minute).UTC().Format(time.RFC3339) + "&to=" + time.Now().Add(time.Minute).UTC().Format(time.RFC3339))
	wantAll(t, answer, `"kind":"model"`, info.Hash, "by anna try")
	if status, answer = w.post("/api/v1/streams/motor/models/0123456789ab/service", `{"by":"anna","comment":"try"}`); status != http.StatusNotFound {
		t.Errorf("%d %s", status, answer)
	}
}
