package file

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"crackle/ingest/block"
)

func TestReadAllocatesNothing(t *testing.T) {
	for name, row := range map[string]func(i int) string{
		"numbers": func(i int) string { return fmt.Sprintf("%d.25,-%d.123456789012345,1e-%d\n", i, i%7, i%30) },
		"stamps":  func(i int) string { return fmt.Sprintf("2024-01-02 03:%02d:%02d.5,%d,\"7\"\n", i/60%60, i%60, i) },
		"missing": func(i int) string { return fmt.Sprintf("%d.5,NaN,%.*s\n", i, i%2, "8") },
	} {
		var text strings.Builder
		text.WriteString("t,a,b\n")
		for i := range 3000 {
			text.WriteString(row(i))
		}
		r := mustOpen(t, put(t, text.String()), Options{BlockSamples: 100})
		var b block.Block
		read := func() {
			if err := r.Read(&b); err != nil && !errors.Is(err, io.EOF) {
				t.Fatal(err)
			}
		}
		read()
		if n := testing.AllocsPerRun(20, read); n != 0 {
			t.Errorf("%s: %v allocations per block", name, n)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}
