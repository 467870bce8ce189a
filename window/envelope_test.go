package window_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"crackle/window"
)

type bucket struct {
	first  uint64
	n      int
	minmax []float32
}

func TestEnvelopeHidesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.IntRange(1, 40).Draw(t, "bucket")
		n := rapid.IntRange(1, 200).Draw(t, "rows")
		offset := rapid.Uint64Range(0, 100).Draw(t, "first")
		rows := noise(rapid.Uint64().Draw(t, "seed"), 2*n)
		var got []bucket
		e, err := window.NewEnvelope(2, k, func(first uint64, n int, minmax []float32) {
			got = append(got, bucket{first, n, slices.Clone(minmax)})
		})
		if err != nil {
			t.Fatal(err)
		}
		for at := 0; at < n; {
			m := rapid.IntRange(1, n-at).Draw(t, "cut")
			e.Push(offset+uint64(at), rows[2*at:2*(at+m)])
			at += m
		}
		e.Flush()
		total := 0
		for _, b := range got {
			if b.first%uint64(k) != 0 {
				t.Fatalf("bucket at %d", b.first)
			}
			from := max(b.first, offset) - offset
			var lo, hi [2]float32
			for c := range 2 {
				lo[c], hi[c] = rows[2*from+uint64(c)], rows[2*from+uint64(c)]
				for i := from; i < from+uint64(b.n); i++ {
					v := rows[2*i+uint64(c)]
					lo[c], hi[c] = min(lo[c], v), max(hi[c], v)
				}
			}
			if !slices.Equal(b.minmax, []float32{lo[0], hi[0], lo[1], hi[1]}) {
				t.Fatalf("bucket %d: %v, want %v %v", b.first, b.minmax, lo, hi)
			}
			total += b.n
		}
		if total != n {
			t.Fatalf("%d rows in the buckets, want %d", total, n)
		}
	})
}

func TestEnvelopeLeavesOutNaN(t *testing.T) {
	var got []float32
	e, err := window.NewEnvelope(1, 4, func(_ uint64, _ int, minmax []float32) { got = append(got, minmax...) })
	if err != nil {
		t.Fatal(err)
	}
	e.Push(0, []float32{nan(), 2, -1, nan()})
	e.Push(6, []float32{nan()})
	e.Push(9, []float32{5})
	e.Flush()
	if len(got) != 6 || got[0] != -1 || got[1] != 2 || got[2] == got[2] || got[4] != 5 {
		t.Errorf("got %v", got)
	}
}
