package drift_test

import (
	"testing"

	"crackle/detector/drift"
)

func BenchmarkPush(b *testing.B) {
	d, err := drift.New(drift.Config{Rows: 100, Effective: 100, WindowsPerYear: year, FalsePerYear: 1})
	if err != nil {
		b.Fatal(err)
	}
	for i := 0; b.Loop(); i++ {
		d.Push(float64(i&1)/2, int64(i), true)
	}
}
