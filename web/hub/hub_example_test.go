package hub_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/gorilla/websocket"

	"crackle/detector"
	"crackle/web/hub"
)

func Example() {
	h, err := hub.New(hub.Config{Tick: 5 * time.Millisecond})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); h.Run(ctx) }()
	srv := httptest.NewServer(h)
	defer srv.Close()
	defer func() { cancel(); <-ended }()

	// The application announces its streams, then publishes what it learns, from any goroutine.
	h.PublishStream(hub.StreamStatus{Name: "motor.current", Title: "Motor", RateHz: 1000, Channels: []hub.Channel{{Name: "current_a", Unit: "A"}}})
	h.PublishScore(&detector.Score{Stream: "motor.current", Run: 1, First: 0, End: 500, Value: 1.2, Limit: 4, Verdict: detector.OK})
	time.Sleep(100 * time.Millisecond)

	c, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(srv.URL, "http"), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer c.Close()
	var snapshot struct {
		Type    string
		Streams []struct{ Title, Verdict string }
		Scores  map[string][][]float64
	}
	_, frame, err := c.ReadMessage()
	if err == nil {
		err = json.Unmarshal(frame, &snapshot)
	}
	fmt.Println(err, snapshot.Type, snapshot.Streams, snapshot.Scores["0"][0][2])
	// Output: <nil> snapshot [{Motor not assessed}] 1.2
}
