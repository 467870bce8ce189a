package picture_test

import (
	"bytes"
	"errors"
	"fmt"
	"image/png"
	"math"
	"testing"
	"time"

	"crackle/detector/inspect"
	"crackle/detector/inspect/picture"
)

func report(n int) *inspect.Report {
	rows := make([]inspect.Row, n)
	for i := range rows {
		rows[i] = inspect.Row{Time: time.Unix(int64(i), 0), Usable: true, Features: []float32{float32(math.Sin(float64(i))), 3, float32(i)}}
	}
	r, err := inspect.Inspect(inspect.Config{Names: []string{"a", "b", "c"}, Units: []string{"V", "", "s"}, Drawn: 3}, rows)
	if err != nil {
		panic(err)
	}
	return r
}

func TestPicture(t *testing.T) {
	var b bytes.Buffer
	if err := picture.PNG(&b, report(500)); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	dark := 0
	size := img.Bounds()
	for y := size.Min.Y; y < size.Max.Y; y++ {
		for x := size.Min.X; x < size.Max.X; x++ {
			if r, _, _, _ := img.At(x, y).RGBA(); r < 0x8000 {
				dark++
			}
		}
	}
	if size.Dx() < 600 || size.Dy() < 250 || dark < 1000 {
		t.Errorf("%v, %d dark pixels", size, dark)
	}
	if err := picture.PNG(&b, &inspect.Report{}); !errors.Is(err, picture.ErrEmpty) {
		t.Errorf("nothing: %v", err)
	}
	if err := picture.PNG(&b, report(1)); err != nil {
		t.Errorf("one row: %v", err)
	}
}

func ExamplePNG() {
	var b bytes.Buffer
	if err := picture.PNG(&b, report(200)); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(b.Len() > 1000)
	// Output: true
}
