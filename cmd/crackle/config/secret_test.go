package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"crackle/alert/notify"
)

func TestSecretsNeverPrint(t *testing.T) {
	setCorpusEnv(t)
	c, err := Load("testdata/good/full.toml")
	if err != nil {
		t.Fatal(err)
	}
	if got := c.NATS.Password.Reveal(); got != "s3cr3t-from-file" {
		t.Errorf("password is %q", got)
	}
	if got := c.Sinks["people"].Password.Reveal(); got != "s3cr3t-word" {
		t.Errorf("sink password is %q", got)
	}
	type hidden struct{ inner Secret }
	h := hidden{NewSecret("s3cr3t-inner")}
	var out bytes.Buffer
	for _, v := range []any{c, *c, c.NATS, c.Sinks, c.NATS.Password, &c.NATS.Password, h, &h} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		slog.New(slog.NewTextHandler(&out, nil)).Info("text", "v", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("json", "v", v)
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(text)
	}
	if err := toml.NewEncoder(&out).Encode(c.Sinks); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "s3cr3t") || strings.Contains(out.String(), "733363723374") {
		t.Errorf("a secret is in what was printed:\n%s", out.String())
	}
	if !strings.Contains(out.String(), notify.Hidden) {
		t.Error("no placeholder was printed, so nothing was tried")
	}
}
