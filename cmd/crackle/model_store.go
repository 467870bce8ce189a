package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"crackle/cmd/crackle/app"
	"crackle/cmd/crackle/archive"
	"crackle/cmd/crackle/config"
)

// useWait is the time that a running crackle has to follow.
const useWait = 20 * time.Second

// kept are the flags for models that are kept with the store of a running crackle.
type kept struct {
	Config string `short:"c" required:"" placeholder:"FILE" help:"Configuration of the crackle that keeps them."`
	Stream string `short:"s" help:"Stream; may be left out when there is only one."`
	Data   string `placeholder:"DIR" help:"Data folder of the crackle that runs on this machine. Default: the configuration's."`
}

// open reaches the store and runs do on it; Ctrl-C ends it.
func (k *kept) open(command string, do func(ctx context.Context, store *archive.Store, s *config.Stream) error) error {
	cfg, s, err := subject(k.Config, k.Stream)
	if err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	store, leave, _, err := models(ctx, command, cfg, k.Data)
	if err != nil {
		return err
	}
	defer leave()
	return do(ctx, store, s)
}

// hashDigits are the digits of a hash that name a model at the least.
const hashDigits = 4

// hashOf is the hash that begins with what was given; what begins no hash comes back as it is.
func hashOf(ctx context.Context, store *archive.Store, s *config.Stream, given string) (string, error) {
	list, err := app.ListModels(ctx, store, s.Name)
	if err != nil {
		return "", err
	}
	hash := given
	if len(given) < hashDigits {
		return "", mistake{fmt.Errorf("model %q: give the hash, or at least %d digits of its beginning", given, hashDigits)}
	}
	for i := range list.Models {
		if strings.HasPrefix(list.Models[i].Hash, given) {
			if hash != given && hash != list.Models[i].Hash {
				return "", mistake{fmt.Errorf("model %s: found %s and %s; give more digits", given, hash, list.Models[i].Hash)}
			}
			hash = list.Models[i].Hash
		}
	}
	return hash, nil
}

type modelListCmd struct {
	kept
	JSON bool `name:"json" help:"Write JSON."`
}

func (c *modelListCmd) Run(con console) error {
	return c.open("crackle model list", func(ctx context.Context, store *archive.Store, s *config.Stream) error {
		return c.list(ctx, con, store, s)
	})
}

func (c *modelListCmd) list(ctx context.Context, con console, store *archive.Store, s *config.Stream) error {
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
	Model string `arg:"" help:"Hash of the model, or four digits or more of its beginning; or a model file, which is kept with the store first."`
	kept
	By      string `placeholder:"NAME" help:"Who puts it in service, for the record. Default: the name of the account."`
	Comment string `placeholder:"TEXT" help:"Why, for the record."`
}

func (c *modelUseCmd) Run(con console) error {
	return c.open("crackle model use", func(ctx context.Context, store *archive.Store, s *config.Stream) error {
		return c.use(ctx, con, store, s)
	})
}

func (c *modelUseCmd) use(ctx context.Context, con console, store *archive.Store, s *config.Stream) error {
	hash, err := c.find(ctx, store, s)
	if err != nil {
		return err
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

// find gives the hash of a model that is kept; that of a file is kept first.
func (c *modelUseCmd) find(ctx context.Context, store *archive.Store, s *config.Stream) (string, error) {
	if there, err := os.Stat(c.Model); err != nil || !there.Mode().IsRegular() {
		return hashOf(ctx, store, s, c.Model)
	}
	m, err := app.LoadModel(c.Model, s)
	if err != nil {
		return "", err
	}
	return m.Hash(), app.KeepModel(ctx, store, s.Name, m, account(c.By))
}

type modelGetCmd struct {
	Model string `arg:"" help:"Hash of the model, or four digits or more of its beginning."`
	kept
	Output string `short:"o" required:"" placeholder:"FILE" help:"File to write."`
}

func (c *modelGetCmd) Run(con console) error {
	return c.open("crackle model get", func(ctx context.Context, store *archive.Store, s *config.Stream) error {
		return c.get(ctx, con, store, s)
	})
}

func (c *modelGetCmd) get(ctx context.Context, con console, store *archive.Store, s *config.Stream) error {
	hash, err := hashOf(ctx, store, s, c.Model)
	if err != nil {
		return err
	}
	b, err := store.Get(ctx, s.Name, hash)
	if err != nil {
		return err
	}
	if err := app.SaveFile(c.Output, b); err != nil {
		return err
	}
	_, err = fmt.Fprintf(con.out, "model %s in %s\n", hash, c.Output)
	return err
}
