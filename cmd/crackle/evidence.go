package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"crackle/alert/evidence"
	"crackle/cmd/crackle/app"
	"crackle/cmd/crackle/config"
	"crackle/detector"
)

type evidenceCmd struct {
	List   evidenceListCmd   `cmd:"" help:"List the evidence that is kept, the oldest first."`
	Get    evidenceGetCmd    `cmd:"" help:"Fetch the evidence of an alarm as one file."`
	Verify evidenceVerifyCmd `cmd:"" help:"Score the evidence of an alarm again and compare every window. Exit code 0: it agrees; 1: it differs, or could not be scored."`
}

// evidenceStore is where the evidence is.
type evidenceStore struct{ running }

// open reaches the store of a running crackle; done ends the connection.
func (e *evidenceStore) open(ctx context.Context) (st *evidence.Store, done func(), err error) {
	nc, err := e.reach(ctx, "crackle evidence")
	if err != nil {
		return nil, nil, err
	}
	js, err := jetstream.New(nc)
	if err == nil {
		st, err = evidence.OpenStore(ctx, js, evidence.Bounds{})
	}
	if err != nil {
		nc.Close()
		return nil, nil, err
	}
	return st, nc.Close, nil
}

type evidenceListCmd struct {
	evidenceStore
	JSON bool `name:"json" help:"Write JSON."`
}

func (c *evidenceListCmd) Run(con console) error {
	ctx, stop := interruptible()
	defer stop()
	st, done, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer done()
	items, err := st.List(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		if items == nil {
			items = []evidence.Item{}
		}
		return printJSON(con.out, map[string]any{"evidence": items})
	}
	for _, it := range items {
		fmt.Fprintf(con.out, "%-18s %-10s %-24s %s  %8.1f KiB  %s %s\n", it.ID, it.Kind, it.Stream, it.Onset.UTC().Format(time.RFC3339), float64(it.Size)/1024, it.Part, it.Lot)
	}
	_, err = fmt.Fprintf(con.err, "%s of evidence\n", plural(len(items), "piece"))
	return err
}

type evidenceGetCmd struct {
	ID string `arg:"" help:"Id of the alarm, as the list has it."`
	evidenceStore
	Output string `short:"o" placeholder:"FILE" help:"Where to write. Default: ID.evidence."`
}

func (c *evidenceGetCmd) Run(con console) error {
	ctx, stop := interruptible()
	defer stop()
	st, done, err := c.open(ctx)
	if err != nil {
		return err
	}
	defer done()
	b, err := st.Bytes(ctx, c.ID)
	if err != nil {
		return err
	}
	if _, err := evidence.Decode(b); err != nil {
		return fmt.Errorf("what the store holds of alarm %s is damaged: %w", c.ID, err)
	}
	name := c.Output
	if name == "" {
		name = c.ID + ".evidence"
	}
	if err := os.WriteFile(name, b, 0o600); err != nil {
		return err
	}
	_, err = fmt.Fprintf(con.err, "wrote %s, %.1f KiB\n", name, float64(len(b))/1024)
	return err
}

type evidenceVerifyCmd struct {
	What string `arg:"" help:"Id of the alarm, or a file that crackle evidence get wrote."`
	evidenceStore
	Model string `short:"m" placeholder:"FILE" help:"Model that scored it. Default: the stream's in the configuration, or as the evidence names it."`
	JSON  bool   `name:"json" help:"Write JSON."`
}

// errDiffers ends a verification that found a difference.
var errDiffers = errors.New("the evidence does not score to what was recorded")

func (c *evidenceVerifyCmd) Run(con console) error {
	ctx, stop := interruptible()
	defer stop()
	cfg, err := c.config()
	if err != nil {
		return err
	}
	p, err := c.pack(ctx)
	if err != nil {
		return err
	}
	said := shares(con.err)
	r, err := evidence.Verify(p, app.Rescorer{
		Model:    func(hash string, s *config.Stream) (*detector.Model, error) { return c.model(ctx, cfg, hash, s) },
		Progress: func(share float64) { said(share, "scored again") },
	})
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(con.out, map[string]any{"alarm": p.Alarm.ID, "stream": p.Alarm.Stream, "model": p.Model, "recorded_kernel": p.Kernel, "report": r})
	} else {
		word := "verified"
		if !r.OK {
			word = "DIFFERS"
		}
		_, err = fmt.Fprintf(con.out, "alarm %s of %s: %s: %s\n", p.Alarm.ID, p.Alarm.Stream, word, r.Why)
	}
	if err == nil && !r.OK {
		err = errDiffers
	}
	return err
}

// pack reads a file when there is one of that name, else asks the store.
func (c *evidenceVerifyCmd) pack(ctx context.Context) (*evidence.Pack, error) {
	b, err := os.ReadFile(c.What)
	if err == nil {
		return evidence.Decode(b)
	}
	st, done, openErr := c.open(ctx)
	if openErr != nil {
		return nil, fmt.Errorf("there is no file %s (%w), and no store to ask: %w", c.What, err, openErr)
	}
	defer done()
	return st.Get(ctx, c.What)
}

// model looks for the model that scored: where it is said to be, else among those that the running crackle keeps.
func (c *evidenceVerifyCmd) model(ctx context.Context, cfg *config.Config, hash string, s *config.Stream) (*detector.Model, error) {
	m, err := c.modelFile(cfg, hash, s)
	if err == nil || c.Model != "" {
		return m, err
	}
	if cfg == nil {
		cfg = config.Default()
	}
	store, leave, _, reached := models(ctx, "crackle evidence", cfg, c.Data)
	if reached != nil {
		return nil, err
	}
	defer leave()
	if m, kept := app.StoredModel(ctx, store, s, hash); kept == nil {
		return m, nil
	}
	return nil, err
}

func (c *evidenceVerifyCmd) modelFile(cfg *config.Config, hash string, s *config.Stream) (*detector.Model, error) {
	name := c.Model
	if name == "" && cfg != nil {
		if now, ok := cfg.Streams[s.Name]; ok {
			name = app.ModelPath(cfg, &now)
		}
	}
	if name == "" {
		name = s.Model
	}
	if name == "" {
		return nil, fmt.Errorf("model %s is not at hand: name its file with --model, or the configuration with --config", hash)
	}
	m, err := app.LoadModel(name, s)
	if err == nil && m.Hash() != hash {
		return nil, fmt.Errorf("%s is model %s, and the evidence was scored with %s: name that model's file with --model", name, m.Hash(), hash)
	}
	return m, err
}
