package picture

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"crackle/detector/inspect"
)

// ErrEmpty is returned for a report without a series.
var ErrEmpty = errors.New("picture: the stretch holds nothing that can be drawn")

const (
	width  = 24 * vg.Centimeter
	height = 3.2 * vg.Centimeter // of one number
)

var (
	ink  = color.RGBA{40, 70, 120, 255}
	band = color.RGBA{0, 0, 0, 24}
)

// PNG writes the report's series, each the smallest and the largest value over time with the median and the distance from which a value counts as an
// outlier behind it. It fails with ErrEmpty, and with w's error.
func PNG(w io.Writer, r *inspect.Report) error {
	var drawn []*inspect.Feature
	for j := range r.Features {
		if len(r.Features[j].Series) > 0 {
			drawn = append(drawn, &r.Features[j])
		}
	}
	if len(drawn) == 0 {
		return ErrEmpty
	}
	c := vgimg.New(width, height*vg.Length(len(drawn)))
	tiles := draw.Tiles{Rows: len(drawn), Cols: 1, PadTop: 4, PadBottom: 4, PadLeft: 4, PadRight: 12, PadY: 4}
	whole := draw.New(c)
	for i, f := range drawn {
		p, err := one(f)
		if err != nil {
			return err
		}
		p.Draw(tiles.At(whole, 0, i))
	}
	_, err := vgimg.PngCanvas{Canvas: c}.WriteTo(w)
	return err
}

func one(f *inspect.Feature) (*plot.Plot, error) {
	p := plot.New()
	unit := ""
	if f.Unit != "" && f.Unit != "1" {
		unit = " in " + f.Unit
	}
	p.Title.Text = f.Name + unit + remark(f)
	p.Title.TextStyle.Font.Size = 9
	p.X.Tick.Marker = plot.TimeTicks{Format: "15:04:05", Time: func(t float64) time.Time { return time.UnixMilli(int64(t)).UTC() }}
	var low, high plotter.XYs
	for _, b := range f.Series {
		low, high = append(low, plotter.XY{X: b[0], Y: b[1]}), append(high, plotter.XY{X: b[0], Y: b[2]})
	}
	if f.Spread > 0 {
		reach := inspect.OutlierSpreads * f.Spread
		from, to := low[0].X, low[len(low)-1].X
		normal, err := plotter.NewPolygon(plotter.XYs{{X: from, Y: f.Median - reach}, {X: to, Y: f.Median - reach}, {X: to, Y: f.Median + reach}, {X: from, Y: f.Median + reach}})
		if err != nil {
			return nil, fmt.Errorf("picture: %s: %w", f.Name, err)
		}
		normal.Color, normal.LineStyle.Width = band, 0
		p.Add(normal)
	}
	for _, xy := range []plotter.XYs{low, high} {
		l, err := plotter.NewLine(xy)
		if err != nil {
			return nil, fmt.Errorf("picture: %s: %w", f.Name, err)
		}
		l.Color = ink
		p.Add(l)
	}
	return p, nil
}

// remark says what is remarkable about a number.
func remark(f *inspect.Feature) string {
	switch {
	case f.Constant:
		return ": stands still"
	case f.Drift >= 2 || f.Drift <= -2:
		return fmt.Sprintf(": drifts by %.3g spreads", f.Drift)
	case f.Outliers == 1:
		return ": 1 outlier"
	case f.Outliers > 1:
		return fmt.Sprintf(": %d outliers", f.Outliers)
	}
	return ""
}
