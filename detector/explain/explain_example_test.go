package explain_test

import (
	"fmt"
	"math"

	"crackle/detector/explain"
	"crackle/detector/member"
)

// Learn what is normal, then ask why a row is not.
func Example() {
	var normal [][]float64
	for i := range 300 {
		s := math.Sin(float64(i) / 3)
		normal = append(normal, []float64{2 + 0.1*s, 230 + s})
	}
	level, err := member.NewLevel(member.LevelConfig{}, normal)
	if err != nil {
		fmt.Println(err)
		return
	}
	rows := append(normal[:100:100], []float64{2.6, 230})
	x, err := explain.Member(level, rows, explain.Config{
		Usual: []float64{2, 230}, Features: []string{"current_a.mean", "voltage_v.mean"}, Units: []string{"A", "V"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("by %s, complete: %v, first: %s\n", x.Method, x.Sums.Complete, x.Top[0].Name)
	// Output:
	// by contributions, complete: true, first: current_a.mean
}
