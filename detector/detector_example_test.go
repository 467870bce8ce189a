package detector_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"crackle/detector"
	"crackle/window"
)

// Teach a model from normal windows, then score a window that departs from them.
func Example() {
	normal := func(i int) []float32 { return []float32{float32(2 + 0.1*math.Sin(float64(i)/3))} }
	var lesson detector.Lesson
	for i := range 400 {
		lesson.Add(&window.Window{Fresh: i == 0, First: uint64(i) * 100, End: uint64(i+1) * 100, Features: normal(i)})
	}
	model, err := detector.Teach(context.Background(), detector.Teaching{
		Stream: "press.force", Conditioning: json.RawMessage("{}"), Features: []string{"log_rms"}, MinChange: []float64{0.05},
		Margin: 1.25, Holdout: 0.2, Hidden: 8, Epochs: 40, LearningRate: 0.01, Seed: 1, Warmup: 8, Now: time.Now(),
	}, &lesson)
	if err != nil {
		fmt.Println(err)
		return
	}
	d, err := detector.New(detector.Config{Stream: "press.force", Model: model})
	if err != nil {
		fmt.Println(err)
		return
	}
	var s detector.Score
	for i := range 40 {
		d.Score(&s, &window.Window{Fresh: i == 0, Features: normal(i)})
	}
	fmt.Println("normal above the limit:", s.Value > s.Limit)
	d.Score(&s, &window.Window{Features: []float32{3}})
	fmt.Println("fault above the limit:", s.Value > s.Limit, "by", s.Top[0].Name)
	// Output:
	// normal above the limit: false
	// fault above the limit: true by log_rms
}
