package main

import (
	"errors"
	"fmt"

	"crackle/cmd/crackle/config"
)

type checkCmd struct {
	Config string `short:"c" required:"" placeholder:"FILE" help:"Configuration file."`
}

func (c *checkCmd) Run(con console) error {
	cfg, err := load(c.Config)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(con.out, "%s: no mistakes; %d stream(s), %d sink(s)\n", c.Config, len(cfg.Streams), len(cfg.Sinks))
	return err
}

// load reads a configuration; its mistakes are the user's.
func load(path string) (*config.Config, error) {
	cfg, err := config.Load(path)
	var list config.Errors
	if errors.As(err, &list) {
		return nil, mistake{fmt.Errorf("%d mistake(s) in the configuration\n%w", len(list), list)}
	}
	return cfg, err
}
