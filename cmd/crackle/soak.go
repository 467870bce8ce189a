package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"time"

	"crackle/cmd/crackle/soak"
)

type soakCmd struct {
	For  time.Duration `arg:"" optional:"" default:"10m" help:"How long: 90s, 10m, 8h."`
	JSON bool          `name:"json" help:"Print the result as one JSON document."`
	Data string        `placeholder:"DIR" help:"Data folder, which must be empty or not be there. Default: a temporary one that is removed at the end."`
	Seed uint64        `default:"1" help:"Seed of the signals and of the faults."`
}

func (c *soakCmd) Run(con console) error {
	if c.For < 10*time.Second {
		return mistake{fmt.Errorf("a soak of %s: at least 10s are needed to see whether anything grows", c.For)}
	}
	if c.Data == "" {
		dir, err := os.MkdirTemp("", "crackle-soak-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		c.Data = dir
	} else if list, err := os.ReadDir(c.Data); err == nil && len(list) > 0 {
		return mistake{fmt.Errorf("--data %s: the folder is not empty; name another one, for what is in it would be scored too", c.Data)}
	}
	ctx, stop := interruptible()
	defer stop()
	r, err := soak.Run(ctx, soak.Config{
		For: c.For, Dir: c.Data, Seed: c.Seed, Version: version, Log: slog.New(slog.DiscardHandler),
		Progress: func(text string) { fmt.Fprintln(con.err, text) },
	})
	if errors.Is(err, context.Canceled) {
		return errors.New("interrupted: nothing is known of a soak that was not brought to its end")
	}
	if err != nil {
		return err
	}
	if c.JSON {
		e := json.NewEncoder(con.out)
		e.SetIndent("", "  ")
		err = e.Encode(r)
	} else {
		r.Print(con.out)
	}
	if err == nil && !r.OK {
		err = fmt.Errorf("the soak found %s", plural(len(r.Problems), "problem"))
	}
	return err
}
