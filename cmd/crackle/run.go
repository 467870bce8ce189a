package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"crackle/cmd/crackle/app"
	"crackle/cmd/crackle/config"
)

type runCmd struct {
	Config string `short:"c" required:"" placeholder:"FILE" help:"Configuration file; config.example.toml shows every key."`
}

func (c *runCmd) Run(con console) error {
	cfg, err := load(c.Config)
	if err != nil {
		return err
	}
	// Who reads the log may end before the monitor does: a broken pipe must not end it too.
	signal.Ignore(syscall.SIGPIPE)
	hangup := make(chan os.Signal, 1) // from here on, so that one during the start does not end the process
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	log := newLogger(cfg.Log, con.err)
	ctx, stop := interruptible()
	defer stop()
	a, err := app.New(cfg, app.Options{Version: version, Log: log})
	if err != nil {
		return err
	}
	if err := a.Start(ctx); err != nil {
		if ctx.Err() != nil { // it was told to stop, and has
			log.Info("stopped while it started", "err", err)
			return nil
		}
		return err
	}
	if u := a.URL(); u != "" && cfg.Log.Format != "json" { // the log has it, too
		fmt.Fprintf(con.err, "Dashboard: %s   (stop with Ctrl-C)\n", u)
	}
	trouble := func(text string) { fmt.Fprintf(con.err, "crackle: %s\n", text) }
	if cfg.Log.Format == "json" { // a collector reads no other lines
		trouble = func(text string) {
			for line := range strings.SplitSeq(text, "\n") {
				log.Error(line)
			}
		}
	}
	var failed error
	for running := true; running; {
		select {
		case <-hangup:
			if next := c.reload(ctx, trouble, a); next != nil {
				cfg = next
			}
			continue
		case <-ctx.Done():
			log.Info("stopping")
		case failed = <-a.Failed():
		}
		running = false
	}
	stop() // a second interrupt ends the process at once
	return errors.Join(failed, stopWithin(a, time.Duration(cfg.Server.StopS*float64(time.Second))))
}

// reloadWithin bounds a reload, in which streams that are removed deal with what has come.
const reloadWithin = time.Minute

// reload reads the configuration again and gives it when it is in force; mistakes are all told, and the old one goes on.
func (c *runCmd) reload(ctx context.Context, trouble func(text string), a *app.App) *config.Config {
	cfg, err := load(c.Config)
	if err != nil {
		trouble("SIGHUP: the configuration in force goes on, for the file has mistakes:\n" + err.Error())
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, reloadWithin)
	defer cancel()
	if _, err := a.Reload(ctx, cfg); err != nil {
		trouble("SIGHUP: " + err.Error())
		return nil
	}
	return cfg
}

// interruptible is a context that ends with SIGINT or SIGTERM.
func interruptible() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
}

// stopWithin stops the app gracefully, and hard when the time is over.
func stopWithin(a *app.App, d time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	return a.Stop(ctx)
}
