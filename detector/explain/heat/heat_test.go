package heat_test

import (
	"bytes"
	"fmt"
	"image/png"
	"strings"
	"testing"

	"crackle/detector/explain"
	"crackle/detector/explain/heat"
)

func sample() *explain.Explanation {
	x := &explain.Explanation{Member: "level", Method: explain.Contributions, Features: []string{"a.rms", "b.rms"}, Score: 3, Caution: explain.Caution,
		Top: []explain.Reason{{Words: "b.rms was 3 V where 1 V was expected <b>"}}}
	for t := range 40 {
		x.Map = append(x.Map, []float64{-0.01 * float64(t), 0.02 * float64(t)})
	}
	return x
}

func Example() {
	var b bytes.Buffer
	if err := heat.PNG(&b, "motor, window 39", sample()); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(strings.HasPrefix(b.String(), "\x89PNG"))
	// Output: true
}

// TestRedRaisesBlueLowers looks at the last column: the second feature raised the score and is drawn below the first, which lowered it.
func TestRedRaisesBlueLowers(t *testing.T) {
	var b bytes.Buffer
	if err := heat.PNG(&b, "title", sample()); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	redAt, blueAt := -1, -1
	box := img.Bounds()
	for y := box.Min.Y; y < box.Max.Y; y++ {
		for x := box.Max.X * 3 / 4; x < box.Max.X; x++ {
			r, g, bl, _ := img.At(x, y).RGBA()
			if r > 2*bl && r > 2*g && redAt < 0 {
				redAt = y
			}
			if bl > r+0x2000 && blueAt < 0 {
				blueAt = y
			}
		}
	}
	if redAt < 0 || blueAt < 0 || redAt <= blueAt {
		t.Errorf("red begins at row %d, blue at %d of %v", redAt, blueAt, box)
	}
}

func TestPageHoldsWordsAndPicture(t *testing.T) {
	var b bytes.Buffer
	if err := heat.HTML(&b, "motor", sample()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"data:image/png;base64,", "3 V where 1 V was expected &lt;b&gt;", "not what caused it"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if err := heat.HTML(&b, "nothing", &explain.Explanation{}); err == nil {
		t.Error("an explanation without a map is drawn")
	}
}
