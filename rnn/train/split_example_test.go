package train_test

import (
	"fmt"
	"math"
	"math/rand/v2"

	"crackle/rnn/train"
)

// Twelve lots, each with a level of its own and a hardness that has nothing to do with it. What recognises the lot can be right about
// its hardness only where the lot was trained on: at random it always was.
func ExampleFlatters() {
	r := rand.New(rand.NewPCG(1, 1))
	var samples []train.Sample
	var level, hardness []float64
	for lot := range 12 {
		base, hard := r.NormFloat64(), 600+50*r.NormFloat64()
		for k := range int64(20) { // windows of 100 samples, half of it shared with the next
			samples = append(samples, train.Sample{Group: fmt.Sprint("lot ", lot), From: 50 * k, To: 50*k + 100})
			level, hardness = append(level, base+0.01*r.NormFloat64()), append(hardness, hard)
		}
	}
	nearest := func(s train.Split) (float64, error) { // mean absolute error of the nearest neighbour
		sum := 0.0
		for _, i := range s.Test {
			best := s.Train[0]
			for _, k := range s.Train {
				if math.Abs(level[k]-level[i]) < math.Abs(level[best]-level[i]) {
					best = k
				}
			}
			sum += math.Abs(hardness[best] - hardness[i])
		}
		return sum / float64(len(s.Test)), nil
	}

	folds, err := train.GroupFolds(samples, train.FoldConfig{Folds: 4, Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	f, err := train.Flatters(samples, folds[0], 1, nearest)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d samples to train on, %d to test; error %.0f HV, and %.0f HV with a random split\n", len(folds[0].Train), len(folds[0].Test), f.Honest, f.Random)

	random, err := train.SplitAtRandomLeaking(samples, 0.25, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(random.Warning)
	// Output:
	// 180 samples to train on, 60 to test; error 41 HV, and 6 HV with a random split
	// random split: 60 of 60 test samples overlap or share a group with training samples; the score flatters, split by group or time
}
