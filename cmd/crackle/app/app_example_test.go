package app_test

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"time"

	"crackle/cmd/crackle/app"
	"crackle/cmd/crackle/config"
	"crackle/detector/ledger"
	"crackle/ingest"
	"crackle/ingest/block"
	"crackle/web/hub"
)

// A program of its own runs the whole monitor: an embedded server, a stream that learns from its first ten parts, and a word on each part.
func Example() {
	dir, err := os.MkdirTemp("", "crackle")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	cfg, err := config.Parse([]byte(`
[server]
listen = "127.0.0.1:0"

[stream."press.force"]
channels = ["force_n"]
rate_hz = 1000
learn.parts = 10
window = {length = 100, hop = 50}
features = {list = ["rms", "mean"], min_change = 1}
network = {epochs = 20, warmup_windows = 2}
`), filepath.Join(dir, "crackle.toml"))
	if err != nil {
		fmt.Println(err)
		return
	}
	parts := make(chan string, 16)
	monitor, err := app.New(cfg, app.Options{Log: slog.New(slog.DiscardHandler), Observe: app.Observer{
		Part: func(p ledger.Part) { parts <- fmt.Sprintf("%s: %v", p.Part, p.Verdict) },
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := monitor.Start(ctx); err != nil {
		fmt.Println(err)
		return
	}
	defer monitor.Stop(ctx)
	for c, _ := monitor.Counts("press.force"); c.Opened == 0; c, _ = monitor.Counts("press.force") {
		time.Sleep(10 * time.Millisecond) // until the stream reads; what is published before is of no interest to it
	}

	pub, err := ingest.NewPublisher(monitor.Connection(), ingest.PublisherConfig{Stream: "press.force", JetStream: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pub.Close(ctx)
	press := func(name string, strength float64) string {
		b := block.Block{RateHz: 1000, Channels: 1, Part: name, Flags: block.PartBegin | block.PartEnd}
		for i := range 1000 {
			b.Samples = append(b.Samples, float32(strength*(2+math.Sin(float64(i)/5))))
		}
		if err := pub.Publish(ctx, &b); err != nil {
			return err.Error()
		}
		return <-parts
	}
	for i := range 10 {
		press(fmt.Sprintf("P-%02d", i), 20)
	}
	for monitor.Status("press.force").Phase != hub.Watching {
		time.Sleep(10 * time.Millisecond)
	}
	fmt.Println(press("P-10", 20))
	fmt.Println(press("P-11", 30))
	// Output:
	// P-10: ok
	// P-11: alarm
}
