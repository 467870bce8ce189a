package simulate

import (
	"testing"

	"crackle/ingest/block"
)

func TestReadAllocatesNothing(t *testing.T) {
	bark := DefaultBarkhausen()
	bark.Parts = []GroundPart{{Name: "a", Seconds: 0.06}, {Name: "b", Seconds: 1e3, Burns: []Burn{{0, 1, Temper, 1}}}}
	motor := DefaultMotor()
	motor.Parts = []MotorPart{{"a", 0.25, 0, 0}, {"b", 1e6, 0.1, 0}}
	weld := DefaultWeld()
	weld.Parts = make([]WeldPart, 1000)
	b, err := NewBarkhausen(bark)
	if err != nil {
		t.Fatal(err)
	}
	m, err := NewMotor(motor)
	if err != nil {
		t.Fatal(err)
	}
	w, err := NewWeld(weld)
	if err != nil {
		t.Fatal(err)
	}
	for name, g := range map[string]source{"barkhausen": b, "motor": m, "weld": w} {
		var blk block.Block
		read := func() {
			if err := g.Read(&blk); err != nil {
				t.Fatal(err)
			}
		}
		read()
		if n := testing.AllocsPerRun(20, read); n != 0 {
			t.Errorf("%s: %v allocations per block", name, n)
		}
	}
}
