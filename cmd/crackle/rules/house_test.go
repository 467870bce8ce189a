package rules

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestHouse holds every package of the module to the rules.
func TestHouse(t *testing.T) {
	root := moduleRoot(t)
	walk(t, root)
	pkgs := list(t, root)
	for _, b := range broken(pkgs, stageValues(t, root)) {
		t.Error(b)
	}
	for _, want := range []string{"ingest/block", "window", "detector", "alert", "web", "cmd/crackle/config"} {
		if !slices.ContainsFunc(pkgs, func(p pkg) bool { return p.path == want }) {
			t.Errorf("package %s was not among the %d packages looked at", want, len(pkgs))
		}
	}
}

// moduleRoot finds the folder of go.mod.
func moduleRoot(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		t.Fatalf("go env GOMOD: %v", err)
	}
	return filepath.Dir(strings.TrimSpace(string(out)))
}

// walk opens every source folder, because go test repeats a cached result until a file or folder that the test itself opened has changed,
// and what go list opens does not count.
func walk(t *testing.T, root string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil // a folder that has just gone
		}
		if name := d.Name(); d.IsDir() && path != root && (name == "node_modules" || name == "testdata" || strings.HasPrefix(name, ".") || slices.Contains([]string{"bin", "build"}, name)) {
			return filepath.SkipDir
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// list describes every package of the module, as far as its non-test sources go.
func list(t *testing.T, root string) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Name,Dir,Imports,Deps,GoFiles,IgnoredGoFiles", "./...")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var pkgs []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var l struct {
			ImportPath, Name, Dir                  string
			Imports, Deps, GoFiles, IgnoredGoFiles []string
		}
		if err := dec.Decode(&l); errors.Is(err, io.EOF) {
			return pkgs
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		if len(l.GoFiles)+len(l.IgnoredGoFiles) == 0 {
			continue // a folder that holds tests only, or nothing yet
		}
		p := pkg{path: strings.TrimPrefix(l.ImportPath, module+"/"), program: l.Name == "main", imports: l.Imports, deps: l.Deps}
		for _, file := range slices.Concat(l.GoFiles, l.IgnoredGoFiles) { // those for other machines too
			if !strings.HasSuffix(file, "_test.go") {
				p.read(t, root, filepath.Join(l.Dir, file))
			}
		}
		pkgs = append(pkgs, p)
	}
}

// read notes what a source file imports and uses, and its package comment.
func (p *pkg) read(t *testing.T, root, name string) {
	t.Helper()
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
	if err != nil {
		t.Errorf("%v", err)
		return
	}
	p.files++
	if filepath.Base(name) == "doc.go" {
		p.docFile, p.doc = true, f.Doc.Text()
	} else if !p.docFile && f.Doc.Text() != "" {
		p.doc = f.Doc.Text()
	}
	imported, uses := usesIn(fset, f)
	p.imports = append(p.imports, imported...)
	for _, u := range uses {
		if rel, err := filepath.Rel(root, u.where); err == nil {
			u.where = filepath.ToSlash(rel)
		}
		p.uses = append(p.uses, u)
	}
}

// usesIn lists what a file imports, and each exported name of those packages that it mentions.
func usesIn(fset *token.FileSet, f *ast.File) (imported []string, uses []use) {
	names := map[string]string{}
	for _, s := range f.Imports {
		path, err := strconv.Unquote(s.Path.Value)
		if err != nil {
			continue
		}
		imported = append(imported, path)
		name := defaultName(path)
		if s.Name != nil {
			name = s.Name.Name
		}
		if name == "." { // a dot import hides what is used; no rule can be held, so it counts as using everything
			uses = append(uses, use{fset.Position(s.Pos()).String(), path, "(everything, by a dot import)"})
		}
		names[name] = path
	}
	ast.Inspect(f, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		id, ok := sel.X.(*ast.Ident)
		if path := ""; ok && id.Obj == nil { // not a variable of the file
			if path, ok = names[id.Name]; ok {
				uses = append(uses, use{fset.Position(sel.Pos()).String(), path, sel.Sel.Name})
			}
		}
		return true
	})
	return imported, uses
}

// defaultName is the name of a package by its path, which holds for this module and the standard library.
func defaultName(path string) string { return path[strings.LastIndexByte(path, '/')+1:] }

// stageValues lists the exported names that each value file declares.
func stageValues(t *testing.T, root string) map[string][]string {
	t.Helper()
	values := map[string][]string{}
	for stage, name := range valueFiles {
		text, err := os.ReadFile(filepath.Join(root, stage, name))
		if err != nil {
			t.Fatalf("the values of %s: %v; name the file that declares them in valueFiles", stage, err)
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		values[stage] = declared(f)
	}
	return values
}

func declared(f *ast.File) (names []string) {
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					names = append(names, s.Name.Name)
				case *ast.ValueSpec:
					for _, n := range s.Names {
						names = append(names, n.Name)
					}
				}
			}
		case *ast.FuncDecl:
			if d.Recv == nil {
				names = append(names, d.Name.Name)
			}
		}
	}
	return slices.DeleteFunc(names, func(n string) bool { return !ast.IsExported(n) })
}
