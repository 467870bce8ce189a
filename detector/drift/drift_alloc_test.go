package drift_test

import (
	"testing"

	"crackle/detector/drift"
)

func TestPushAllocatesNothing(t *testing.T) {
	d, err := drift.New(drift.Config{Rows: 100, Effective: 100, WindowsPerYear: year, FalsePerYear: 1})
	if err != nil {
		t.Fatal(err)
	}
	i := int64(0)
	if n := testing.AllocsPerRun(1000, func() { i++; d.Push(float64(i%3), i, true); _ = d.Reading() }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
