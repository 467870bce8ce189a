package config

import (
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const exampleFile = "../../../config.example.toml"

// loadExample loads the example file as it stands, or with the commented sinks taken in.
func loadExample(t *testing.T, withSinks bool) (*Config, string) {
	t.Helper()
	text, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	s := string(text)
	if withSinks {
		s = strings.ReplaceAll(s, "\n#: ", "\n")
	}
	t.Setenv("CRACKLE_SLACK_WEBHOOK_URL", "https://hooks.example.com/slack")
	t.Setenv("CRACKLE_WEBHOOK_URL", "https://hooks.example.com/web")
	c, err := Parse([]byte(s), "config.example.toml")
	if err != nil {
		t.Fatal(err)
	}
	return c, s
}

func sameConfig(t *testing.T, got, want *Config) {
	t.Helper()
	if err := want.Validate(); err != nil {
		t.Fatal(err)
	}
	equal := cmp.Comparer(func(a, b Secret) bool { return a.Equal(b) })
	if diff := cmp.Diff(want, got, equal, cmpopts.EquateEmpty(), cmpopts.IgnoreUnexported(Config{})); diff != "" {
		t.Errorf("config.example.toml is not the defaults (-defaults +file):\n%s", diff)
	}
}

// The example file gives the defaults, but for the keys that have none.
func TestExampleFileEqualsTheDefaults(t *testing.T) {
	want := Default()
	s := DefaultStream("example")
	s.Channels, s.RateHz, s.Features.List, s.Learn.Windows = []string{"mbn"}, 200_000, []string{"log_rms", "kurtosis"}, 5000
	want.Streams["example"] = s
	want.FeatureSets["example"] = FeatureSet{List: []string{"log_rms", "kurtosis"}}
	want.Sinks["log"] = DefaultSink("log", "log")
	got, _ := loadExample(t, false)
	sameConfig(t, got, want)

	slack, hook, mail := DefaultSink("slack", "slack"), DefaultSink("webhook", "webhook"), DefaultSink("email", "email")
	slack.WebhookURL, hook.URL = NewSecret("https://hooks.example.com/slack"), NewSecret("https://hooks.example.com/web")
	mail.Host, mail.From, mail.To = "mail.example.com", "Crackle <crackle@example.com>", []string{"quality@example.com"}
	want.Sinks["slack"], want.Sinks["webhook"], want.Sinks["email"] = slack, hook, mail
	got, _ = loadExample(t, true)
	sameConfig(t, got, want)
}

// Every key that the file format knows stands in the example, each under a comment.
func TestExampleFileMissesNoKey(t *testing.T) {
	_, text := loadExample(t, true)
	written := scanPositions(text)
	var has []string
	for id := range written {
		has = append(has, strings.ReplaceAll(id, "\x00", "."))
	}
	for _, key := range allKeys(reflect.TypeFor[Config](), "") {
		if strings.HasPrefix(key, "sink.*.") {
			name := strings.TrimPrefix(key, "sink.*.")
			for _, sink := range sinksWith(name) {
				if !slices.Contains(has, "sink."+sink+"."+name) {
					t.Errorf("config.example.toml misses %s in [sink.%s]", name, sink)
				}
			}
			continue
		}
		if !slices.Contains(has, strings.Replace(key, ".*.", ".example.", 1)) {
			t.Errorf("config.example.toml misses %s", key)
		}
	}
	lines := strings.Split(text, "\n")
	for id, n := range written {
		above := n - 2
		for above >= 0 && strings.Contains(lines[above], " = ") && !strings.HasPrefix(lines[above], "#") {
			above-- // keys that share a comment
		}
		if strings.Contains(lines[n-1], " = ") && (above < 0 || !strings.HasPrefix(lines[above], "#")) && !strings.HasSuffix(id, "\x00kind") {
			t.Errorf("line %d: %s has no comment above it", n, lines[n-1])
		}
	}
}

// sinksWith names the example's sinks that show a key: one of each kind for its own keys, and the first for those that all have.
func sinksWith(key string) []string {
	st := reflect.TypeFor[Sink]()
	kinds := st.Field(keysOf(st)[key]).Tag.Get("kinds")
	if kinds == "" {
		return []string{"log"}
	}
	return strings.Split(kinds, ",")
}

// allKeys lists the dotted keys of a table type. A named table is a star.
func allKeys(t reflect.Type, prefix string) []string {
	var keys []string
	for key, i := range keysOf(t) {
		ft := t.Field(i).Type
		switch {
		case ft.Kind() == reflect.Map:
			keys = append(keys, allKeys(ft.Elem(), prefix+key+".*.")...)
		case ft.Kind() == reflect.Struct && ft != secretType && ft != minChangeType:
			keys = append(keys, allKeys(ft, prefix+key+".")...)
		default:
			keys = append(keys, prefix+key)
		}
	}
	return keys
}

func TestAllKeysSeesTheWholeFormat(t *testing.T) {
	keys := allKeys(reflect.TypeFor[Config](), "")
	for _, want := range []string{"server.listen", "nats.password_file", "stream.*.filter.low_hz", "stream.*.features.min_change", "stream.*.window.cycle.hold_off_s", "features.*.list", "sink.*.webhook_url"} {
		if !slices.Contains(keys, want) {
			t.Errorf("%s is not among the %d keys found", want, len(keys))
		}
	}
}
