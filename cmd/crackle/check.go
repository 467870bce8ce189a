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
	for _, w := range cfg.Warnings() {
		fmt.Fprintf(con.err, "note: %v\n", w)
	}
	fmt.Fprintf(con.out, "%s: no mistakes; %s, %s\n", c.Config, plural(len(cfg.Streams), "stream"), plural(len(cfg.Sinks), "sink"))
	for _, name := range cfg.StreamNames() {
		s := cfg.Streams[name]
		sum, err := s.Summary()
		if err != nil {
			return fmt.Errorf("stream %s: %w", name, err)
		}
		if _, err := fmt.Fprintf(con.out, "%s: %s\n", name, sum); err != nil {
			return err
		}
	}
	return nil
}

// load reads a configuration; its mistakes are the user's.
func load(path string) (*config.Config, error) {
	cfg, err := config.Load(path)
	var list config.Errors
	if errors.As(err, &list) {
		return nil, mistake{fmt.Errorf("%s in the configuration\n%w", plural(len(list), "mistake"), list)}
	}
	return cfg, err
}
