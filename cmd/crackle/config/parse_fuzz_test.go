package config

import (
	"errors"
	"os"
	"strings"
	"testing"

	"crackle/window"
)

// Any bytes give a Config or Errors, never both and never a panic; a Config validates and hashes, and every message has a line of the file.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/good/*.toml", "testdata/bad/*.toml", "../../../config.example.toml"} {
		for _, file := range glob(f, pattern) {
			text, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(string(text))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse([]byte(text), "testdata/good/fuzz.toml")
		if err == nil {
			if err := c.Validate(); err != nil {
				t.Errorf("a parsed Config does not validate: %v", err)
			}
			if c.Hash() == "" || len(c.Streams) == 0 {
				t.Error("a parsed Config has no stream or no hash")
			}
			for name, s := range c.Streams {
				w := s.Conditioning()
				if y := w.Cycle; w.Length > 1<<12 || y != nil && w.RateHz/y.NominalHz > 1<<14 {
					continue // takes memory
				}
				if _, err := window.New(w); err != nil {
					t.Errorf("stream %s is not accepted by package window: %v", name, err)
				}
			}
			return
		}
		var all Errors
		if c != nil || !errors.As(err, &all) || len(all) == 0 {
			t.Fatalf("Parse gave %v, %v", c, err)
		}
		last := strings.Count(text, "\n") + 1
		for _, e := range all {
			if e.Line < 1 || e.Line > last || e.Found == "" || e.Allowed == "" || e.Do == "" {
				t.Errorf("incomplete message: %+v", *e)
			}
		}
	})
}
