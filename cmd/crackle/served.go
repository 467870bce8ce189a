package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"crackle/cmd/crackle/app"
	"crackle/cmd/crackle/archive"
	"crackle/cmd/crackle/config"
	"crackle/detector"
	"crackle/ingest/broker"
)

// serviceWait bounds the question which model is in service.
const serviceWait = 5 * time.Second

// modelOf reads the model that a flag names, else the one that the stream is scored with: what was put in service at the crackle that runs on data (empty:
// the configuration's folder or server), else the stream's file. It says which where it is not the file.
func modelOf(con console, cfg *config.Config, s *config.Stream, path, data string) (*detector.Model, error) {
	if path != "" {
		return app.LoadModel(path, s)
	}
	ctx, cancel := context.WithTimeout(context.Background(), serviceWait)
	defer cancel()
	path = app.ModelPath(cfg, s)
	m, by, err := served(ctx, cfg, s, data)
	switch {
	case errors.Is(err, broker.ErrNoServer):
	case err != nil:
		fmt.Fprintf(con.err, "note: which model is in service cannot be asked (%v); %s is taken\n", err, path)
	case m != nil:
		if file, err := app.LoadModel(path, s); err != nil || file.Hash() != m.Hash() {
			fmt.Fprintf(con.err, "note: model %s is taken, which %s put in service; --model %s takes the file\n", m.Hash(), by, path)
		}
		return m, nil
	}
	return app.LoadModel(path, s)
}

// noteServed says of a model that was written to the stream's file when another one stays in service.
func noteServed(con console, cfg *config.Config, s *config.Stream, made *detector.Model, path string) {
	if path != app.ModelPath(cfg, s) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), serviceWait)
	defer cancel()
	if m, by, err := served(ctx, cfg, s, ""); err == nil && m != nil && m.Hash() != made.Hash() {
		fmt.Fprintf(con.err, "note: model %s, which %s put in service, goes on; `crackle model use %s` puts this one in service\n", m.Hash(), by, path)
	}
}

// served is the model that somebody has put in service, and who did; nil when nobody has.
func served(ctx context.Context, cfg *config.Config, s *config.Stream, data string) (*detector.Model, string, error) {
	nc, err := reach(ctx, "crackle", cfg, data)
	if err != nil {
		return nil, "", err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, "", err
	}
	store, err := archive.Look(ctx, js)
	if errors.Is(err, archive.ErrNoModel) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	v, err := store.InService(ctx, s.Name)
	if err != nil || v == nil {
		return nil, "", err
	}
	m, err := app.StoredModel(ctx, store, s, v.Hash)
	return m, v.By, err
}
