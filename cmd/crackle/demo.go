package main

import (
	"context"
	_ "embed" // for the configuration
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"crackle/cmd/crackle/app"
	"crackle/cmd/crackle/config"
	"crackle/web/hub"
)

//go:embed demo.toml
var demoConfig []byte

type demoCmd struct {
	Headless bool    `help:"Run through without a person, and exit."`
	JSON     bool    `name:"json" help:"Print the result as one JSON document on standard output."`
	Listen   string  `placeholder:"HOST:PORT" help:"Where to serve the dashboard; the next free port is taken when it is in use. Default 127.0.0.1:8080."`
	Data     string  `placeholder:"DIR" help:"Data folder. Default: a temporary one that is removed at the end."`
	Seed     uint64  `default:"1" help:"Seed of the simulated grinder."`
	Limit    float64 `hidden:"" default:"85" help:"Seconds after which a headless run gives up."`
	While    string  `hidden:"" placeholder:"FILE" help:"A headless run that is through does not end while this file exists."`
}

func (c *demoCmd) Run(con console) error {
	cfg, err := config.Parse(demoConfig, "demo.toml")
	if err != nil {
		return err
	}
	if c.Listen != "" {
		cfg.Server.Listen = c.Listen
		if err := cfg.Validate(); err != nil {
			return mistake{fmt.Errorf("--listen: %w", err)}
		}
	}
	if c.Data == "" {
		if c.Data, err = os.MkdirTemp("", "crackle-demo-"); err != nil {
			return err
		}
		defer os.RemoveAll(c.Data)
	}
	cfg.Store.Dir = c.Data
	sc, err := newScenes(c.Seed)
	if err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	if c.Headless {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(c.Limit*float64(time.Second)))
		defer cancel()
	}
	w := newWitness(con.err)
	a, err := app.New(cfg, app.Options{
		Version: version, Log: newLogger(cfg.Log, con.err),
		Observe: app.Observer{Score: w.score, Part: w.part, Alarm: w.alarm},
	})
	if err != nil {
		return err
	}
	if err := a.Start(ctx); err != nil {
		return err
	}
	fmt.Fprintf(con.err, "Data folder: %s\n", c.Data)
	fmt.Fprintf(con.err, "Dashboard: %s\nThree streams: a motor's currents (real recordings), a machine's temperature (a real log, time-lapsed), a grinder's Barkhausen noise (simulated).\n", a.URL())
	published, after, err := c.play(ctx, con, a, sc)
	switch {
	case err != nil && ctx.Err() != nil && !c.Headless:
		return stopWithin(a, 10*time.Second) // Ctrl-C is how the demo ends
	case errors.Is(err, context.DeadlineExceeded):
		return errors.Join(fmt.Errorf("the demo was not through after %g s: %s; the machine may be too busy", c.Limit, sc.progress()), stopWithin(a, 10*time.Second))
	case err != nil:
		return errors.Join(err, stopWithin(a, 10*time.Second))
	}
	if !c.Headless {
		fmt.Fprintf(con.err, "The first round is over; it goes on, more slowly, with new shafts and some of the motor recordings until Ctrl-C.\n")
		if err := errors.Join(c.again(ctx, a, sc), stopWithin(a, 10*time.Second)); err != nil {
			return err
		}
		return nil
	}
	for exists(c.While) && pause(ctx, 100*time.Millisecond) == nil {
	}
	if err := stopWithin(a, 10*time.Second); err != nil {
		return err
	}
	return c.report(con, sc.judge(w, published, after))
}

// play publishes every scene at once, and returns when all of it has been taken in.
func (c *demoCmd) play(ctx context.Context, con console, a *app.App, sc *scenes) (published map[string]uint64, after map[string]hub.StreamStatus, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	published, after = map[string]uint64{}, map[string]hub.StreamStatus{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, s := range sc.all() {
		wg.Go(func() {
			n, err := s.play(ctx, a)
			mu.Lock()
			published[s.stream()] = n
			mu.Unlock()
			if err != nil {
				cancel(fmt.Errorf("%s: %w", s.stream(), err))
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	progress(ctx, con, done, sc)
	<-done
	if err := context.Cause(ctx); err != nil {
		return nil, nil, err
	}
	for name := range published {
		after[name] = a.Status(name)
	}
	return published, after, nil
}

// progress says every five seconds how far the show is.
func progress(ctx context.Context, con console, done <-chan struct{}, sc *scenes) {
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-ctx.Done():
			return
		case <-tick.C:
			fmt.Fprintln(con.err, sc.progress())
		}
	}
}

// again repeats the scenes that can be, until ctx ends.
func (c *demoCmd) again(ctx context.Context, a *app.App, sc *scenes) error {
	for round := uint64(1); ctx.Err() == nil; round++ {
		next, err := newScenes(c.Seed + round)
		if err != nil {
			return err
		}
		next.continueFrom(sc)
		sc = next
		if err := pause(ctx, betweenRounds); err != nil {
			return nil
		}
		var wg sync.WaitGroup
		var errs [2]error
		for i, s := range []scene{next.motor, next.grinder} {
			wg.Go(func() { _, errs[i] = s.play(ctx, a) })
		}
		wg.Wait()
		if err := errors.Join(errs[:]...); err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

// betweenRounds leaves a person the time to look at what a round has shown.
const betweenRounds = 20 * time.Second

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// report prints the result and fails when the demo did not show what it promises.
func (c *demoCmd) report(con console, r result) error {
	if c.JSON {
		e := json.NewEncoder(con.out)
		e.SetIndent("", "  ")
		if err := e.Encode(r); err != nil {
			return err
		}
	} else {
		r.print(con.out)
	}
	if !r.OK {
		return errors.New("the demo did not show what it promises: " + r.Why)
	}
	return nil
}
