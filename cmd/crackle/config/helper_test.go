package config

import (
	"os"
	"path/filepath"
	"testing"
)

// valid is the least file that is accepted.
const valid = `[stream.s]
channels = ["a"]
rate_hz = 1000
features.list = ["rms"]
learn.windows = 100
`

func parse(t *testing.T, text string) *Config {
	t.Helper()
	c, err := Parse([]byte(text), "test.toml")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// writeFile puts a file into a folder of the test and returns its path.
func writeFile(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
