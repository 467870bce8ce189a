package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// A configuration file beyond this size is a wrong path.
const fileMost = 256 << 10

// Load reads and checks a file. Its error is of type Errors and names every mistake.
func Load(path string) (*Config, error) {
	c, errs := Examine(path)
	if len(errs) > 0 {
		return nil, errs
	}
	return c, nil
}

// Examine is Load for those who look for further mistakes: it gives what could be read of a file with mistakes, too, and nil when that is nothing.
// Such a Config is not to be worked with: where Errors.Under says so, a table of it is not what the file's writer means.
func Examine(path string) (*Config, Errors) {
	text, err := readRegular(path, fileMost)
	if err != nil {
		found, do := "a file that cannot be read ("+reason(err)+")", "give the path of a configuration file with -c"
		if errors.Is(err, os.ErrNotExist) {
			found, do = "no such file", "give the path of a configuration file with -c; config.example.toml is one to start from"
		}
		return nil, Errors{{File: path, Line: 1, Found: found, Allowed: "a readable TOML file of at most 256 KiB", Do: do}}
	}
	return examine([]byte(text), path)
}

// Parse checks a configuration that has been read. The name is the file's path: it stands in messages, and relative paths are relative to
// its folder. The environment and the secret files that the text refers to are read. The error, when not nil, is of type Errors.
func Parse(data []byte, name string) (*Config, error) {
	c, errs := examine(data, name)
	if len(errs) > 0 {
		return nil, errs
	}
	return c, nil
}

func examine(data []byte, name string) (c *Config, errs Errors) {
	d := &decoder{report: newReport(name), base: filepath.Dir(name)}
	if len(data) > fileMost {
		return nil, Errors{{File: name, Line: 1, Found: fmt.Sprintf("%d bytes", len(data)), Allowed: "at most 256 KiB", Do: "check that this is the configuration file"}}
	}
	tree := d.syntax(string(data))
	if tree == nil {
		return nil, d.errs.Sorted()
	}
	c = Default()
	c.base, c.source = d.base, d.report
	d.config(c, tree)
	c.complete()
	c.resolvePaths()
	d.check(c)
	c.expandSets()
	c.warnings = d.warns.Sorted()
	return c, d.errs.Sorted()
}

// Mistake says of a key of the file that the Config was read from what was found elsewhere to be wrong with it.
func (c *Config) Mistake(key []string, found, allowed, do string) *Error {
	r := c.source
	if r == nil {
		r = newReport("")
	}
	return r.at(key, found, allowed, do)
}

// Warnings are what is no mistake in the file but keeps a stream from being assessed until it is done: a model file that is not there yet.
// They were looked for when the file was read.
func (c *Config) Warnings() Errors { return c.warnings }

// Validate checks a Config that was built in code, and fills in what follows from the streams' and sinks' names and, when nothing is wrong, the
// features of the sets that the streams' lists name. The error, when not nil, is of type Errors.
func (c *Config) Validate() error {
	c.complete()
	r := newReport("")
	r.check(c)
	c.warnings = r.warns
	if len(r.errs) > 0 {
		return r.errs.Sorted()
	}
	c.expandSets()
	return nil
}

// expandSets puts the features of a set in the place of its name, so that a stream's list is what it is conditioned with.
func (c *Config) expandSets() {
	for name, s := range c.Streams {
		s.Features.List = expandSets(s.Features.List, c.FeatureSets)
		c.Streams[name] = s
	}
}

// expandSets gives a new list when there is a set in it.
func expandSets(list []string, sets map[string]FeatureSet) []string {
	if !slices.ContainsFunc(list, func(entry string) bool { _, is := sets[entry]; return is }) {
		return list
	}
	var out []string
	for _, entry := range list {
		if set, is := sets[entry]; is {
			out = append(out, set.List...)
		} else {
			out = append(out, entry)
		}
	}
	return out
}

// complete fills in names and what follows from them.
func (c *Config) complete() {
	for name, s := range c.Streams {
		s.Name = name
		s.fillNames()
		c.Streams[name] = s
	}
	for name, s := range c.Sinks {
		s.Name = name
		c.Sinks[name] = s
	}
}

// resolvePaths takes the paths as relative to the file's folder.
func (c *Config) resolvePaths() {
	for name, s := range c.Streams {
		s.Model = resolve(c.base, s.Model)
		for i, path := range s.Heads {
			s.Heads[i] = resolve(c.base, path)
		}
		c.Streams[name] = s
	}
	c.Store.Dir = resolve(c.base, c.Store.Dir)
	for _, path := range append(c.NATS.files(), c.Server.files()...) {
		*path = resolve(c.base, *path)
	}
}
