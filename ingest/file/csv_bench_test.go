package file

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"crackle/ingest/block"
)

func BenchmarkCSV(b *testing.B) {
	for name, row := range map[string]func(i int) string{
		"three_numbers": func(i int) string {
			return fmt.Sprintf("%.15f,%.14f,%.15f\r\n", float64(i)/3, float64(i)/-7, float64(i)/11)
		},
		"stamp_value": func(i int) string {
			return fmt.Sprintf("2013-12-02 %02d:%02d:%02d,%.8f\n", i/3600%24, i/60%60, i%60, float64(i)/3)
		},
	} {
		b.Run(name, func(b *testing.B) {
			var text strings.Builder
			for i := range 50_000 {
				text.WriteString(row(i))
			}
			path := put(b, text.String())
			b.SetBytes(int64(text.Len()))
			b.ReportAllocs()
			var blk block.Block
			for b.Loop() {
				r := mustOpen(b, path, Options{RateHz: 1})
				for {
					if err := r.Read(&blk); errors.Is(err, io.EOF) {
						break
					} else if err != nil {
						b.Fatal(err)
					}
				}
				if err := r.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
