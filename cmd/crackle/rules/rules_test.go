package rules

import (
	"fmt"
	"slices"
	"strings"
)

const module = "crackle"

// An area is a top-level folder. Inside an area packages may import each other freely, unless a rule below says otherwise.
//
// mayUse lists, for each area, the packages of other areas that it may import. A star at the end takes in the packages below. "values"
// means the plain values that stages exchange, and nothing else: the exported names that the file in valueFiles declares, and errors that
// callers tell apart (Err…).
var mayUse = map[string][]edge{
	"ingest":   {},
	"window":   {{to: "ingest/block"}},
	"rnn":      {},
	"detector": {{to: "ingest/block"}, {to: "window*"}, {to: "rnn*"}},
	"alert":    {{to: "ingest/block"}, {to: "window", values: true}, {to: "detector", values: true}},
	"web":      {{to: "ingest/block"}, {to: "window", values: true}, {to: "detector", values: true}, {to: "alert", values: true}},
	"cmd":      {{to: "ingest*"}, {to: "window*"}, {to: "rnn*"}, {to: "detector*"}, {to: "alert*"}, {to: "web*"}},
}

type edge struct {
	to     string
	values bool
}

// valueFiles holds the values of each stage that others may know.
var valueFiles = map[string]string{
	"window":   "window.go",
	"detector": "score.go",
	"alert":    "event.go",
}

// closed lists packages that may import the standard library and what is named here, and nothing else.
var closed = []struct {
	pkg, why string
	imports  []string
}{
	{"ingest/block", "the block wire is a leaf, so that window and rnn never pull in a server", nil},
	{"rnn", "others use the networks without the rest of the module", []string{"crackle/rnn/kernel"}},
	{"rnn/kernel", "others use the networks without the rest of the module", []string{"golang.org/x/sys*"}},
	{"rnn/train", "training needs networks and numerics only", []string{"crackle/rnn", "crackle/rnn/kernel", "gonum.org*"}},
	{"rnn/onnx", "reading a model needs networks and the protobuf wire only", []string{"crackle/rnn", "crackle/rnn/kernel", "google.golang.org/protobuf*"}},
	{"window/filter", "filters need numerics only", []string{"crackle/window/*", "gonum.org*"}},
	{"window/feature", "features need numerics only", []string{"crackle/window/*", "gonum.org*"}},
}

// noServer lists areas into which no messaging, web or mail library may come, directly or through others.
var noServer = []string{"window", "rnn", "detector"}

var servers = []string{"github.com/nats-io*", "github.com/gorilla*", "github.com/wneessen*", "github.com/prometheus*", "net/http"}

// stages are the packages on a sample's path; doc.go says of each where its input comes from, where its output goes, and what it may lose.
var stages = []string{"ingest", "window", "detector", "alert", "web"}

var stageLines = []string{"Upstream:", "Downstream:", "Drops when:"}

// unfinished lists packages that are let off having a doc.go. It is to be empty.
var unfinished []string

// What belongs to a program as a process stops at package main.
var (
	processImports = []string{"flag", "os/signal", "github.com/alecthomas/kong"}
	processCalls   = []string{"os.Exit", "log.Fatal", "log.Fatalf", "log.Fatalln", "log.Panic", "log.Panicf", "log.Panicln"}
)

// pkg is what the rules look at of a package.
type pkg struct {
	path    string // without the module
	program bool   // package main
	imports []string
	deps    []string // with those of the imports
	uses    []use    // exported names of other packages that the sources mention
	files   int
	docFile bool   // doc.go is there
	doc     string // the package comment, that of doc.go first
}

// use is one mention of an exported name of another package.
type use struct{ where, path, name string }

func (p pkg) area() string { return areaOf(p.path) }

func areaOf(path string) string {
	area, _, _ := strings.Cut(path, "/")
	return area
}

// within reports whether a path is a pattern, or below it when the pattern ends in a star.
func within(path string, patterns ...string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		if prefix, star := strings.CutSuffix(pattern, "*"); star {
			bare := strings.TrimSuffix(prefix, "/")
			return path == bare && bare == prefix || strings.HasPrefix(path, bare+"/")
		}
		return path == pattern
	})
}

func ours(path string) bool     { return strings.HasPrefix(path, module+"/") }
func standard(path string) bool { return !ours(path) && !strings.Contains(areaOf(path), ".") }

// broken lists every breach of the rules in the packages.
func broken(pkgs []pkg, values map[string][]string) []string {
	var out []string
	for _, p := range pkgs {
		out = append(out, areasBroken(p, values)...)
		out = append(out, closedBroken(p)...)
		out = append(out, serverBroken(p)...)
		out = append(out, processBroken(p)...)
		out = append(out, docBroken(p)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func areasBroken(p pkg, values map[string][]string) (out []string) {
	edges, known := mayUse[p.area()]
	if !known {
		return []string{fmt.Sprintf("%s: the area %q is not in the house plan: put the package into one of its areas, or add the area to mayUse with what it may import", p.path, p.area())}
	}
	for _, path := range p.imports {
		to, isOurs := strings.CutPrefix(path, module+"/")
		if !isOurs || areaOf(to) == p.area() {
			continue
		}
		i := slices.IndexFunc(edges, func(e edge) bool { return within(to, e.to) })
		if i < 0 {
			out = append(out, fmt.Sprintf("%s imports %s: %s may not know it; let cmd/crackle/app bring the two together, or pass a value", p.path, to, p.area()))
			continue
		}
		if !edges[i].values {
			continue
		}
		for _, u := range p.uses {
			if u.path == path && !slices.Contains(values[to], u.name) && !strings.HasPrefix(u.name, "Err") {
				out = append(out, fmt.Sprintf("%s uses %s.%s: of %s, %s may know only the values declared in %s/%s", u.where, to, u.name, to, p.area(), to, valueFiles[to]))
			}
		}
	}
	return out
}

func closedBroken(p pkg) (out []string) {
	for _, c := range closed {
		if p.path != c.pkg {
			continue
		}
		for _, path := range p.imports {
			if !standard(path) && !within(path, c.imports...) {
				allowed := strings.Join(append([]string{"the standard library"}, c.imports...), ", ")
				out = append(out, fmt.Sprintf("%s imports %s: it may import only %s; %s", p.path, path, allowed, c.why))
			}
		}
	}
	return out
}

func serverBroken(p pkg) []string {
	if !slices.Contains(noServer, p.area()) {
		return nil
	}
	var found []string
	for _, path := range p.deps {
		if within(path, servers...) {
			found = append(found, path)
		}
	}
	if len(found) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%s depends on %s: the path from samples to scores must be usable without a server or client in it; look for the import in its own sources or in those of its imports",
		p.path, strings.Join(found, ", "))}
}

func processBroken(p pkg) (out []string) {
	if p.program {
		return nil
	}
	for _, path := range p.imports {
		if within(path, processImports...) {
			out = append(out, fmt.Sprintf("%s imports %s: flags, signals and exit codes stop at package main; take a Config and a context, return an error", p.path, path))
		}
	}
	for _, u := range p.uses {
		if slices.Contains(processCalls, u.path+"."+u.name) {
			out = append(out, fmt.Sprintf("%s uses %s.%s: only package main may end the process; return an error", u.where, u.path, u.name))
		}
	}
	return out
}

func docBroken(p pkg) (out []string) {
	if !p.docFile && slices.Contains(unfinished, p.path) {
		return nil
	}
	if strings.TrimSpace(p.doc) == "" || !p.docFile && p.files > 1 && !p.program { // one file may say it itself, and so does main.go
		return []string{fmt.Sprintf("%s: doc.go with a package comment is missing: say there what the package is for", p.path)}
	}
	if !slices.Contains(stages, p.path) {
		return nil
	}
	for _, want := range stageLines {
		if !slices.ContainsFunc(strings.Split(p.doc, "\n"), func(l string) bool { return strings.HasPrefix(strings.TrimSpace(l), want) }) {
			out = append(out, fmt.Sprintf("%s/doc.go: a stage says %q on a line of its package comment; this one does not", p.path, want))
		}
	}
	return out
}
