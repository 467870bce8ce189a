package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const hashed = `[nats]
url = "nats://127.0.0.1:4222"
token = "one"
[features.spread]
list = ["rms", "std"]
[stream.a]
channels = ["x"]
rate_hz = 1000
features.list = ["rms"]
features.min_change = { rms = 0.1, "x.rms" = 0.2 }
learn.windows = 100
[stream.b]
channels = ["x"]
rate_hz = 1000
features.list = ["rms"]
model = "m.safetensors"
`

func loadHashed(t *testing.T, text string) *Config {
	t.Helper()
	path := writeFile(t, "c.toml", text)
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "m.safetensors"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestHash(t *testing.T) {
	base := loadHashed(t, hashed)
	for _, c := range []struct {
		name       string
		from, to   string
		all, a, b_ bool // whether each hash is to change
	}{
		{"the same text in another folder", "", "", false, false, false},
		{"a comment and a default written out", "[stream.a]", "# note\n[log]\nlevel = \"info\"\n[stream.a]", false, false, false},
		{"another secret", `"one"`, `"two"`, false, false, false},
		{"the log", "[stream.a]", "[log]\nlevel = \"warn\"\n[stream.a]", true, false, false},
		{"a stream's rate", "rate_hz = 1000", "rate_hz = 2000", true, true, false},
		{"a set that no stream uses", "[stream.a]", "[features.spare]\nlist = [\"rms\"]\n[stream.a]", true, false, false},
		{"a feature by way of a set", `features.list = ["rms"]
features.min`, `features.list = ["spread"]
features.min`, true, true, false},
		{"a tolerance", `"x.rms" = 0.2`, `"x.rms" = 0.3`, true, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := loadHashed(t, strings.Replace(hashed, c.from, c.to, 1))
			for what, pair := range map[string][3]any{
				"Hash":         {base.Hash(), got.Hash(), c.all},
				"StreamHash a": {base.StreamHash("a"), got.StreamHash("a"), c.a},
				"StreamHash b": {base.StreamHash("b"), got.StreamHash("b"), c.b_},
			} {
				if changed := pair[0] != pair[1]; changed != pair[2] {
					t.Errorf("%s: %v, then %v; change wanted: %v", what, pair[0], pair[1], pair[2])
				}
			}
		})
	}
	if base.StreamHash("a") == base.StreamHash("b") || base.StreamHash("none") != "" {
		t.Error("StreamHash does not tell streams apart")
	}
}

// The hash stands in stored results, so it may change only with a reason: a new key changes it, and then this value is brought up to date.
func TestHashIsStableAcrossVersions(t *testing.T) {
	const want = "92516d2431e0af53713b7cc6e1f66c9b"
	if got := parse(t, valid).StreamHash("s"); got != want {
		t.Errorf("StreamHash of the least stream is %s, was %s", got, want)
	}
}

// What a stream's settings say is enough to build the stream again, wherever they are read.
func TestStreamSettingsReadBack(t *testing.T) {
	c := loadHashed(t, hashed)
	for _, name := range c.StreamNames() {
		s, hash, err := ReadStream(c.StreamSettings(name))
		if err != nil || hash != c.StreamHash(name) {
			t.Fatalf("stream %s: hash %s, want %s; %v", name, hash, c.StreamHash(name), err)
		}
		if want := c.Streams[name]; s.Fingerprint() != want.Fingerprint() {
			t.Errorf("stream %s comes back as %s, want %s", name, s.Fingerprint(), want.Fingerprint())
		}
	}
	for _, bad := range []string{"", "{}", `{"Name":"a","RateHz":-1}`, `{"Nmae":"a"}`, strings.Replace(string(c.StreamSettings("a")), `"RateHz":1000`, `"RateHz":-1000`, 1)} {
		if _, _, err := ReadStream([]byte(bad)); err == nil {
			t.Errorf("%.80s was taken", bad)
		}
	}
}
