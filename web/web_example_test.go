package web_test

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"crackle/alert"
	"crackle/web"
	"crackle/web/hub"
)

// idle is a monitor that watches nothing.
type idle struct{}

func (idle) Streams() []web.StreamStatus { return nil }
func (idle) Alarms() []alert.Alarm       { return nil }
func (idle) Acknowledge(context.Context, string, string, string) error {
	return web.ErrUnknownAlarm
}
func (idle) Readiness() web.Readiness { return web.Readiness{Connected: true, ModelsLoaded: true} }

func Example() {
	h, err := hub.New(hub.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	s, err := web.New(web.Config{Listen: "127.0.0.1:0", Monitor: idle{}, Hub: h})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }() // serves, and runs the hub

	if r, err := http.Get(s.URL() + "readyz"); err == nil {
		body, _ := io.ReadAll(r.Body)
		r.Body.Close()
		fmt.Printf("%d %s", r.StatusCode, body)
	}
	http.DefaultClient.CloseIdleConnections()
	cancel()
	fmt.Println(<-ended)
	// Output:
	// 200 {"ready":true,"connected":true,"models_loaded":true,"no_heartbeat":false,"problems":[],"unseen":[]}
	// <nil>
}
