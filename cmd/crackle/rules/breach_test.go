package rules

import (
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

// Each rule is broken once, so that a rule that holds nothing is noticed.
func TestBrokenRulesAreFound(t *testing.T) {
	values := map[string][]string{"detector": {"Score"}, "alert": {"Alarm"}}
	ok := pkg{docFile: true, doc: "Package x.\n\nUpstream: a\nDownstream: b\nDrops when: never\n"}
	for _, c := range []struct {
		name string
		with func(p *pkg)
		want string // start of the one message; empty when nothing is wrong
	}{
		{"a package in order", func(p *pkg) { p.path, p.imports = "window", []string{"crackle/ingest/block", "math"} }, ""},
		{"a value of a sibling", func(p *pkg) {
			p.path, p.imports = "alert", []string{"crackle/detector"}
			p.uses = []use{{"alert/x.go:1:1", "crackle/detector", "Score"}}
		}, ""},
		{"more than a value", func(p *pkg) {
			p.path, p.imports = "alert", []string{"crackle/detector"}
			p.uses = []use{{"alert/x.go:7:9", "crackle/detector", "Teach"}}
		}, "alert/x.go:7:9 uses detector.Teach: "},
		{"a sibling", func(p *pkg) { p.path, p.imports = "window", []string{"crackle/ingest"} }, "window imports ingest: "},
		{"a sibling's inside", func(p *pkg) { p.path, p.imports = "web", []string{"crackle/alert/notify"} }, "web imports alert/notify: "},
		{"upwards", func(p *pkg) { p.path, p.imports = "detector", []string{"crackle/cmd/crackle/config"} }, "detector imports cmd/crackle/config: "},
		{"a leaf", func(p *pkg) { p.path, p.imports = "ingest/block", []string{"crackle/ingest/file"} }, "ingest/block imports crackle/ingest/file: "},
		{"a dependency of rnn", func(p *pkg) { p.path, p.imports = "rnn", []string{"gonum.org/v1/gonum/mat"} }, "rnn imports gonum.org/v1/gonum/mat: "},
		{"rnn's own training", func(p *pkg) { p.path, p.imports = "rnn", []string{"crackle/rnn/train"} }, "rnn imports crackle/rnn/train: "},
		{"gonum in training", func(p *pkg) { p.path, p.imports = "rnn/train", []string{"gonum.org/v1/gonum/mat"} }, ""},
		{"a server through others", func(p *pkg) { p.path, p.deps = "detector/eval", []string{"github.com/nats-io/nats.go"} }, "detector/eval depends on github.com/nats-io/nats.go: "},
		{"a signal", func(p *pkg) { p.path, p.imports = "cmd/crackle/app", []string{"os/signal"} }, "cmd/crackle/app imports os/signal: "},
		{"an exit", func(p *pkg) { p.path, p.uses = "alert", []use{{"alert/x.go:3:2", "os", "Exit"}} }, "alert/x.go:3:2 uses os.Exit: "},
		{"the program's exit", func(p *pkg) { p.path, p.program, p.uses = "cmd/crackle", true, []use{{"main.go:3:2", "os", "Exit"}} }, ""},
		{"no doc.go", func(p *pkg) { p.path, p.docFile, p.files = "web/api", false, 2 }, "web/api: doc.go "},
		{"one file with a comment", func(p *pkg) { p.path, p.docFile, p.files = "alert/notify/slack", false, 1 }, ""},
		{"one file without a comment", func(p *pkg) { p.path, p.docFile, p.files, p.doc = "alert/notify/slack", false, 1, "" }, "alert/notify/slack: doc.go "},
		{"a stage without its lines", func(p *pkg) { p.path, p.doc = "alert", "Package alert.\nUpstream: a\nDownstream: b\n" }, `alert/doc.go: a stage says "Drops when:" `},
		{"an area of its own", func(p *pkg) { p.path = "util" }, `util: the area "util" `},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := ok
			c.with(&p)
			got := strings.Join(broken([]pkg{p}, values), "\n")
			if c.want == "" && got != "" || !strings.HasPrefix(got, c.want) || strings.Contains(got, "\n") {
				t.Errorf("got %q, want %q…", got, c.want)
			}
		})
	}
}

func TestUsesAreReadFromSources(t *testing.T) {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "x.go", `package x
import (
	"os"
	d "crackle/detector"
	"crackle/alert"
)
func f(alert struct{ Alarm int }) { _ = alert.Alarm; var s d.Score; _ = s; os.Exit(1) }
func g() alert.Alarm { return alert.Alarm{} }
`, 0)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	_, uses := usesIn(fset, f)
	for _, u := range uses {
		got = append(got, u.where+" "+u.path+" "+u.name)
	}
	want := "x.go:7:60 crackle/detector Score|x.go:7:76 os Exit|x.go:8:10 crackle/alert Alarm|x.go:8:31 crackle/alert Alarm"
	if s := strings.Join(got, "|"); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
}

func TestWithin(t *testing.T) {
	for _, c := range []struct {
		path, pattern string
		want          bool
	}{
		{"window", "window*", true}, {"window/filter", "window*", true}, {"windows", "window*", false},
		{"window", "window/*", false}, {"window/filter", "window/*", true}, {"window/filter", "window", false},
	} {
		if got := within(c.path, c.pattern); got != c.want {
			t.Errorf("within(%q, %q) = %v", c.path, c.pattern, got)
		}
	}
}
