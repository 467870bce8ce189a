package config

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden messages of testdata/bad anew")

// corpusEnv is what the files of the corpora may refer to.
var corpusEnv = map[string]string{
	"CRACKLE_TEST_HOOK":   "https://hooks.example.com/services/T/B/s3cr3t-hook",
	"CRACKLE_TEST_NAME":   "plant7",
	"CRACKLE_TEST_SECRET": "s3cr3t-word",
	"CRACKLE_TEST_EMPTY":  "",
}

func setCorpusEnv(t *testing.T) {
	t.Helper()
	for k, v := range corpusEnv {
		t.Setenv(k, v)
	}
}

func glob(t testing.TB, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no files %s: %v", pattern, err)
	}
	return files
}

func TestGoodFilesLoad(t *testing.T) {
	setCorpusEnv(t)
	for _, file := range glob(t, "testdata/good/*.toml") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			c, err := Load(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.Validate(); err != nil {
				t.Errorf("a loaded Config does not validate: %v", err)
			}
		})
	}
}

// Each bad file has its messages beside it, all of them, in FILE.txt.
func TestBadFilesSayEverything(t *testing.T) {
	setCorpusEnv(t)
	for _, file := range glob(t, "testdata/bad/*.toml") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			c, err := Load(file)
			var all Errors
			if c != nil || !errors.As(err, &all) {
				t.Fatalf("Load gave %v, %v; want no Config and Errors", c, err)
			}
			got := filepath.ToSlash(all.Error()) + "\n"
			got = strings.ReplaceAll(got, featureNames(), "<the features>") // so that a new feature changes no golden file
			golden := strings.TrimSuffix(file, ".toml") + ".txt"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatalf("%v; run go test with -update and read what it writes", err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("messages differ (-want +got):\n%s", diff)
			}
			if strings.Contains(got, "s3cr3t") {
				t.Errorf("a secret is in the messages:\n%s", got)
			}
			for _, e := range all {
				if e.Line < 1 || e.Found == "" || e.Allowed == "" || e.Do == "" {
					t.Errorf("incomplete message: %+v", *e)
				}
			}
		})
	}
}
