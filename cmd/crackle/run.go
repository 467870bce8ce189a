package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
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
		return err
	}
	if u := a.URL(); u != "" {
		fmt.Fprintf(con.err, "Dashboard: %s   (stop with Ctrl-C)\n", u)
	}
	var failed error
	for running := true; running; {
		select {
		case <-hangup:
			if next := c.reload(ctx, con, a); next != nil {
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
func (c *runCmd) reload(ctx context.Context, con console, a *app.App) *config.Config {
	cfg, err := load(c.Config)
	if err != nil {
		fmt.Fprintf(con.err, "crackle: SIGHUP: the configuration in force goes on, for the file has mistakes:\n%v\n", err)
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, reloadWithin)
	defer cancel()
	if _, err := a.Reload(ctx, cfg); err != nil {
		fmt.Fprintf(con.err, "crackle: SIGHUP: %v\n", err)
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
