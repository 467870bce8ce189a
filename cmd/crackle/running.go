package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/nats-io/nats.go"

	"crackle/cmd/crackle/app"
	"crackle/cmd/crackle/config"
	"crackle/ingest"
	"crackle/ingest/broker"
)

// running are the flags that say which crackle is asked for what it keeps.
type running struct {
	Config string `short:"c" placeholder:"FILE" help:"Configuration of the crackle that kept it: tells the server, the data folder, and where models are."`
	Data   string `placeholder:"DIR" help:"Data folder of the crackle that runs on this machine. Default: the configuration's, else crackle-data."`
}

// config reads the configuration, or gives nil where none was named.
func (r *running) config() (*config.Config, error) {
	if r.Config == "" {
		return nil, nil
	}
	return load(r.Config)
}

// reach connects to its server.
func (r *running) reach(ctx context.Context, name string) (*nats.Conn, error) {
	cfg, err := r.config()
	if err != nil {
		return nil, err
	}
	return reach(ctx, name, cfg, r.Data)
}

// reach connects to the server of a running crackle: the one that the configuration names, else the one that serves the data folder.
func reach(ctx context.Context, name string, cfg *config.Config, data string) (*nats.Conn, error) {
	o := ingest.Options{Name: name}
	if cfg != nil && !cfg.NATS.Embedded() {
		o = app.Door(&cfg.NATS)
		o.Name = name
	}
	if o.URL == "" {
		switch {
		case data != "":
		case cfg != nil:
			data = cfg.Store.Dir
		default:
			data = config.Default().Store.Dir
		}
		var err error
		if o.URL, o.Token, err = broker.Door(data); err != nil {
			return nil, err
		}
	}
	nc, err := ingest.Connect(ctx, o)
	if err != nil {
		return nil, err
	}
	if !nc.IsConnected() {
		nc.Close()
		return nil, fmt.Errorf("NATS at %s does not answer: start it, or correct the address", o.URL)
	}
	return nc, nil
}

// shares says how far something has come, about once a second and only when it takes longer than two.
func shares(w io.Writer) func(share float64, text string) {
	began, said := time.Now(), time.Time{}
	return func(share float64, text string) {
		if time.Since(began) > 2*time.Second && time.Since(said) > time.Second {
			said = time.Now()
			fmt.Fprintf(w, "%3.0f %% %s\n", 100*share, text)
		}
	}
}
