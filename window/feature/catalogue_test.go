package feature_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"crackle/window/feature"
)

// The table in CATALOGUE.md is the catalogue. With CRACKLE_UPDATE=1 it is written anew.
func TestCatalogueIsWrittenDown(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Features\n\nWhat an entry of a stream's feature list may name; see the package comment for how entries are written. Units: `x` is the unit of the channel, " +
		"`1` a pure number, `ln` a natural logarithm. An entry that gives several numbers names each with a suffix.\n\n| feature | arguments | unit | what it measures |\n|---|---|---|---|\n")
	for _, k := range feature.Catalogue() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", k.Name, k.Args, k.Unit, strings.ReplaceAll(k.About, "|", "\\|"))
	}
	const path = "CATALOGUE.md"
	if os.Getenv("CRACKLE_UPDATE") != "" {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != b.String() {
		t.Error("CATALOGUE.md differs from the catalogue: run this test with CRACKLE_UPDATE=1")
	}
}
