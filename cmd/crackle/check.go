package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"slices"
	"strings"

	"crackle/cmd/crackle/app"
	"crackle/cmd/crackle/config"
	"crackle/detector"
	"crackle/web/auth"
)

type checkCmd struct {
	Config string `short:"c" required:"" placeholder:"FILE" help:"Configuration file."`
}

func (c *checkCmd) Run(con console) error {
	cfg, errs := config.Examine(c.Config)
	if cfg != nil {
		errs = slices.Concat(errs, modelMistakes(cfg, errs), headMistakes(cfg, errs), doorMistakes(cfg, errs)).Sorted()
	}
	if len(errs) > 0 {
		return mistakes(errs)
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
	fixed := app.FixedTables()
	last := len(fixed) - 1
	_, err := fmt.Fprintf(con.out, "A running crackle takes changes of streams and sinks up at SIGHUP; those of %s and %s at a restart.\n", strings.Join(fixed[:last], ", "), fixed[last])
	return err
}

// doorMistakes looks at the users, without whom an address that others can reach is not listened on.
func doorMistakes(cfg *config.Config, errs config.Errors) (out config.Errors) {
	if errs.Under("server") || errs.Under("store", "dir") {
		return nil
	}
	host, _, err := net.SplitHostPort(cfg.Server.Listen)
	ip := net.ParseIP(host)
	users, usersErr := auth.OpenUsers(cfg.UsersFile())
	switch {
	case usersErr != nil:
		out = append(out, cfg.Mistake([]string{"server", "users_file"}, "a file of users that cannot be used ("+usersErr.Error()+")", "one that crackle user wrote, readable by its owner only", "mend it as it says"))
	case err == nil && host != "localhost" && (ip == nil || !ip.IsLoopback()) && !users.Any():
		out = append(out, cfg.Mistake([]string{"server", "listen"}, fmt.Sprintf("%q, which other machines can reach, without a user who could log in", cfg.Server.Listen),
			"a loopback address, or any with users", "make one with crackle user add NAME --role engineer -c FILE"))
	}
	return out
}

// load reads a configuration; its mistakes are the user's.
func load(path string) (*config.Config, error) {
	cfg, err := config.Load(path)
	var list config.Errors
	if errors.As(err, &list) {
		return nil, mistakes(list)
	}
	return cfg, err
}

func mistakes(list config.Errors) error {
	return mistake{fmt.Errorf("%s in the configuration\n%w", plural(len(list), "mistake"), list)}
}

// modelMistakes looks at the model files that are there, which package config does not know how to read. errs are the configuration's own mistakes: a
// stream that has one is not compared with its model.
func modelMistakes(cfg *config.Config, errs config.Errors) (out config.Errors) {
	torn := slices.ContainsFunc(errs, func(e *config.Error) bool { return e.Key == "" }) // it is not known what table a key stands in
	for _, name := range cfg.StreamNames() {
		s := cfg.Streams[name]
		if errs.Under("stream", name, "model") || s.Model == "" && (!s.Learn.On() || errs.Under("store", "dir")) {
			continue
		}
		compare := !torn && !errs.Under("stream", name) && !errs.Under("features")
		if found, allowed, do := modelMistake(app.ModelPath(cfg, &s), &s, compare); found != "" {
			if s.Model == "" {
				found += " in the data folder"
			}
			out = append(out, cfg.Mistake([]string{"stream", name, "model"}, found, allowed, do))
		}
	}
	return out
}

// headMistakes looks at the files of heads that are there.
func headMistakes(cfg *config.Config, errs config.Errors) (out config.Errors) {
	for _, name := range cfg.StreamNames() {
		s := cfg.Streams[name]
		if errs.Under("stream", name) || errs.Under("features") {
			continue
		}
		for _, path := range s.Heads {
			if _, err := os.Stat(path); err != nil {
				continue // a note says so
			}
			if _, err := app.LoadHead(path, &s); err != nil {
				out = append(out, cfg.Mistake([]string{"stream", name, "heads"}, "a head that cannot be used ("+strings.ReplaceAll(err.Error(), "\n", ", ")+")",
					"heads learnt on this stream with its own conditioning", "learn it anew with `crackle train --labels`, or take it out"))
			}
		}
	}
	return out
}

// modelMistake says what keeps a model file from being used; found is empty when nothing does, or the file is not there yet.
func modelMistake(path string, s *config.Stream, compare bool) (found, allowed, do string) {
	const whole, again = "a model file that can be read whole", "take it from a backup, or teach a new one with `crackle train`"
	m, differences, err := readModel(path, s)
	var file *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", "", ""
	case errors.As(err, &file):
		return fmt.Sprintf("a model file that cannot be read (%v)", file.Err), whole, "let the user that crackle runs as read it"
	case err != nil:
		return "a model file that cannot be used (" + strings.ReplaceAll(err.Error(), "\n", ", ") + ")", whole, again
	case !compare || len(differences) == 0:
		return "", "", ""
	}
	return fmt.Sprintf("a model of %s that was taught with another conditioning (%s)", m.Stream, strings.Join(differences, ", ")),
		"a model that was taught with the stream's own conditioning", "set the stream's keys as the model has them, or teach a new model with `crackle train`"
}

// readModel reads a model file, and lists in what the conditioning of its windows differs from the stream's.
func readModel(path string, s *config.Stream) (m *detector.Model, differences []string, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	if m, err = detector.ParseModel(b); err != nil {
		return nil, nil, err
	}
	differences, err = m.Contradictions(json.RawMessage(s.Fingerprint()))
	if !s.Takes(m.Stream) {
		differences = append(differences, fmt.Sprintf("stream: this one %s, model %s", s.Name, m.Stream))
	}
	return m, differences, err
}
