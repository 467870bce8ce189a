package api_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"crackle/alert"
	"crackle/detector"
	"crackle/web/api"
	"crackle/web/auth"
	"crackle/web/hub"
)

// program is what an application hands to the API: here, one stream and an alarm machine.
type program struct{ machine *alert.Machine }

func (p program) Streams() []hub.StreamStatus {
	return []hub.StreamStatus{{Name: "motor.current", Title: "Motor", Verdict: detector.Alarm}}
}

func (p program) Alarms() []alert.Alarm {
	s := p.machine.Snapshot()
	return append(s.Open, s.Recent...)
}

func (p program) Acknowledge(ctx context.Context, id, by, comment string) error {
	return p.machine.Acknowledge(ctx, alert.Acknowledgement{ID: id, By: by, Comment: comment})
}

func (p program) Readiness() api.Readiness { return api.Readiness{Connected: true, ModelsLoaded: true} }

func Example() {
	machine, err := alert.New(alert.Config{Book: alert.BookConfig{Streams: []alert.Stream{{Name: "motor.current"}}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	ended := make(chan struct{})
	go func() { defer close(ended); machine.Run(context.Background()) }()
	defer func() { machine.Drain(); <-ended }()

	h, err := api.New(api.Config{Monitor: program{machine}, Door: auth.NewDoor(auth.Config{})})
	if err != nil {
		fmt.Println(err)
		return
	}
	srv := httptest.NewServer(h)
	defer srv.Close()
	client := http.Client{Timeout: 5 * time.Second}
	for _, path := range []string{"/api/v1/alarms", "/api/v1/streams/none"} {
		r, err := client.Get(srv.URL + path)
		if err != nil {
			fmt.Println(err)
			return
		}
		body, _ := io.ReadAll(r.Body)
		r.Body.Close()
		fmt.Printf("%d %s", r.StatusCode, body)
	}
	// Output:
	// 200 {"alarms":[]}
	// 404 {"error":{"code":"stream","message":"stream: found \"none\", which is not configured; GET /api/v1/streams lists those that are"}}
}
