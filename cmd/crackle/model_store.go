package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"crackle/cmd/crackle/app"
)

// useWait is the time that a running crackle has to follow.
const useWait = 20 * time.Second

// kept are the flags for models that are kept with the store of a running crackle.
type kept struct {
	Config string `short:"c" required:"" placeholder:"FILE" help:"Configuration of the crackle that keeps them."`
	Stream string `short:"s" help:"Stream; may be left out when there is only one."`
	Data   string `placeholder:"DIR" help:"Data folder of the crackle that runs on this machine. Default: the configuration's."`
}

type modelListCmd struct {
	kept
	JSON bool `name:"json" help:"Write JSON."`
}

func (c *modelListCmd) Run(con console) error {
	cfg, s, err := subject(c.Config, c.Stream)
	if err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	store, leave, _, err := models(ctx, "crackle model list", cfg, c.Data)
	if err != nil {
		return err
	}
	defer leave()
	list, err := app.ListModels(ctx, store, s.Name)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(con.out, list)
	}
	for i := range list.Models {
		m := &list.Models[i]
		mark := " "
		if m.InService {
			mark = "*"
		}
		limit := ""
		if m.Provisional != "" {
			limit = "  provisional limit"
		}
		fmt.Fprintf(con.out, "%s %s  %s  %-9s %-15s %7d windows, %4d lots, %5d parts  by %s%s\n", mark, m.Hash, m.Created.UTC().Format(time.RFC3339), m.Source, m.Network, m.Rows, m.Lots, m.Parts, m.By, limit)
	}
	switch {
	case list.By != "":
		fmt.Fprintf(con.out, "%s was put in service by %s at %s %s\n", list.InService, list.By, list.Since.UTC().Format(time.RFC3339), list.Comment)
	case len(list.Models) == 0:
		fmt.Fprintf(con.out, "no model of stream %s is kept with the store; teach one with `crackle train -c %s -s %s --next 20m`\n", s.Name, c.Config, s.Name)
	default:
		fmt.Fprintf(con.out, "nobody has put one of these in service: the stream's file is\n")
	}
	return nil
}

type modelUseCmd struct {
	Model string `arg:"" help:"Hash of the model, or the beginning of it."`
	kept
	By      string `placeholder:"NAME" help:"Who puts it in service, for the record. Default: the name of the account."`
	Comment string `placeholder:"TEXT" help:"Why, for the record."`
}

func (c *modelUseCmd) Run(con console) error {
	cfg, s, err := subject(c.Config, c.Stream)
	if err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	store, leave, _, err := models(ctx, "crackle model use", cfg, c.Data)
	if err != nil {
		return err
	}
	defer leave()
	list, err := app.ListModels(ctx, store, s.Name)
	if err != nil {
		return err
	}
	hash := c.Model
	for i := range list.Models {
		if len(c.Model) >= 4 && strings.HasPrefix(list.Models[i].Hash, c.Model) {
			if hash != c.Model && hash != list.Models[i].Hash {
				return mistake{fmt.Errorf("model %s: found %s and %s; give more digits", c.Model, hash, list.Models[i].Hash)}
			}
			hash = list.Models[i].Hash
		}
	}
	if _, err := app.StoredModel(ctx, store, s, hash); err != nil {
		return err
	}
	err = app.ServeModel(ctx, store, s.Name, hash, account(c.By), c.Comment, useWait)
	if errors.Is(err, app.ErrNotFollowed) {
		return fmt.Errorf("%w: the choice is kept and holds from the next start on; if a crackle runs on this store, see its log", err)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(con.out, "model %s is in service on stream %s\n", hash, s.Name)
	return err
}

type modelGetCmd struct {
	Model string `arg:"" help:"Hash of the model."`
	kept
	Output string `short:"o" required:"" placeholder:"FILE" help:"File to write."`
}

func (c *modelGetCmd) Run(con console) error {
	cfg, s, err := subject(c.Config, c.Stream)
	if err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	store, leave, _, err := models(ctx, "crackle model get", cfg, c.Data)
	if err != nil {
		return err
	}
	defer leave()
	b, err := store.Get(ctx, s.Name, c.Model)
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.Output, b, 0o644); err != nil {
		return err
	}
	_, err = fmt.Fprintf(con.out, "model %s in %s\n", c.Model, c.Output)
	return err
}
