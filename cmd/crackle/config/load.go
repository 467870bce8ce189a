package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
)

// A configuration file beyond this size is a wrong path.
const fileMost = 256 << 10

// Load reads and checks a file. Its error is of type Errors and names every mistake.
func Load(path string) (*Config, error) {
	text, err := readRegular(path, fileMost)
	if err != nil {
		found, do := "a file that cannot be read ("+reason(err)+")", "give the path of a configuration file with -c"
		if errors.Is(err, os.ErrNotExist) {
			found, do = "no such file", "give the path of a configuration file with -c; config.example.toml is one to start from"
		}
		return nil, Errors{{File: path, Line: 1, Found: found, Allowed: "a readable TOML file of at most 256 KiB", Do: do}}
	}
	return Parse([]byte(text), path)
}

// Parse checks a configuration that has been read. The name is the file's path: it stands in messages, and relative paths are relative to
// its folder. The environment and the secret files that the text refers to are read. The error, when not nil, is of type Errors.
func Parse(data []byte, name string) (*Config, error) {
	d := &decoder{report: newReport(name), base: filepath.Dir(name)}
	if len(data) > fileMost {
		return nil, Errors{{File: name, Line: 1, Found: fmt.Sprintf("%d bytes", len(data)), Allowed: "at most 256 KiB", Do: "check that this is the configuration file"}}
	}
	tree, usable := d.syntax(string(data))
	if !usable {
		return nil, d.errs.orNil()
	}
	c := Default()
	c.base = d.base
	d.config(c, tree)
	c.complete()
	c.resolvePaths()
	d.check(c)
	if err := d.errs.orNil(); err != nil {
		return nil, err
	}
	c.expandSets()
	_ = d.warns.orNil() // sorts
	c.warnings = d.warns
	return c, nil
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
	if err := r.errs.orNil(); err != nil {
		return err
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
		c.Streams[name] = s
	}
	c.Store.Dir = resolve(c.base, c.Store.Dir)
	c.NATS.CredsFile = resolve(c.base, c.NATS.CredsFile)
}

// syntax reads the TOML. The library stops at the first mistake; here its line is blanked and the rest is read again, so that one
// slip does not hide the others. After a broken table header the keys below belong nowhere, and usable is false.
func (d *decoder) syntax(text string) (tree map[string]any, usable bool) {
	const most = 20
	lines := strings.Split(text, "\n")
	usable = true
	for last := 0; len(d.errs) < most; {
		tree = nil
		_, err := toml.Decode(strings.Join(lines, "\n"), &tree)
		if err == nil {
			d.lines = scanPositions(strings.Join(lines, "\n"))
			return tree, usable
		}
		var p toml.ParseError
		line := 0
		if errors.As(err, &p) {
			line = lineOf(p.Position, lines)
		}
		if line <= last {
			if len(d.errs) == 0 {
				d.syntaxError(1, lines, err.Error())
			}
			return nil, false
		}
		last = line
		d.syntaxError(line, lines, p.Message)
		d.fragment = true
		if strings.HasPrefix(strings.TrimSpace(lines[line-1]), "[") {
			usable = false
		}
		lines[line-1] = ""
	}
	return nil, false
}

// lineOf finds the line of a position, 0 when there is none. A position on a line end is the library's word for a line that is not
// complete, and the library counts it to the next line.
func lineOf(p toml.Position, lines []string) int {
	at := 0
	for i, l := range lines {
		if at += len(l) + 1; p.Start < at {
			return i + 1
		}
	}
	return min(p.Line, len(lines))
}

func (d *decoder) syntaxError(line int, lines []string, message string) {
	key, _, assigned := strings.Cut(lines[line-1], "=")
	key = strings.TrimSpace(key)
	if !assigned || strings.HasPrefix(key, "[") || strings.HasPrefix(key, "#") {
		key = ""
	}
	if isSecretKey(key) { // the library quotes what it could not read
		message = "a value that is not TOML (not shown, since the key is a secret)"
	}
	for i := line - 2; i >= 0 && key != ""; i-- { // the table above
		if head := strings.TrimSpace(lines[i]); strings.HasPrefix(head, "[") {
			head, _, _ = strings.Cut(strings.Trim(head, "["), "]")
			key = head + "." + key
			break
		}
	}
	d.errs = append(d.errs, &Error{File: d.file, Line: line, Key: key, Found: strings.TrimRight(message, "."), Allowed: "TOML",
		Do: "mend this line; texts stand in \"double quotes\", lists in [brackets], and # starts a comment"})
}
