package member_test

import (
	"encoding/json"
	"testing"

	"crackle/detector/member"
)

// No file makes a member that crashes on rows of any width.
func FuzzKeptWatch(f *testing.F) {
	w, err := member.NewWatch(member.WatchConfig{}, quiet(120, 1))
	if err != nil {
		f.Fatal(err)
	}
	b, err := json.Marshal(w)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b, 3)
	f.Add([]byte(`{"level":{"scaler":{"mean":[0],"sd":[1],"clip":6}}}`), 1)
	f.Add([]byte(`{}`), 0)
	f.Fuzz(func(t *testing.T, b []byte, width int) {
		var w member.Watch
		if json.Unmarshal(b, &w) != nil {
			return
		}
		row := make([]float64, min(max(width, 0), 64))
		for range 50 {
			w.Step(row)
		}
	})
}
