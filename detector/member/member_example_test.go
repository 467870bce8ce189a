package member_test

import (
	"fmt"

	"crackle/detector/member"
)

// A level of 1 is what the most unusual of a hundred good rows reach.
func ExampleLevel() {
	m, err := member.NewLevel(member.LevelConfig{}, quiet(400, 1))
	if err != nil {
		fmt.Println(err)
		return
	}
	run := quiet(60, 2)
	for _, r := range run[30:] {
		r[0] += 6
	}
	scores := member.Scores(m, run)
	fmt.Println(scores[29] < 1.5, scores[59] > 3)
	// Output: true true
}
