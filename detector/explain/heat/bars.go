package heat

import (
	"errors"
	"fmt"
	"image/color"
	"io"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"crackle/detector/explain"
)

// mostBars is the number of features that find room; the dearest come first.
const mostBars = 40

// losses are the bars' ends, the first at the top.
type losses []explain.Lost

func (l losses) Len() int                    { return len(l) }
func (l losses) XY(i int) (x, y float64)     { return l[i].Loss, float64(len(l) - 1 - i) }
func (l losses) XError(i int) (a, b float64) { return l[i].Low - l[i].Loss, l[i].High - l[i].Loss }

// Bars draws what masking each feature costs over a test set, with its intervals, about 1100 pixels wide.
func Bars(w io.Writer, title string, l *explain.Loss) error {
	all := losses(append(append([]explain.Lost(nil), l.Features[:min(len(l.Features), mostBars)]...), l.Channels...))
	if len(all) == 0 {
		return errors.New("no feature was masked: there is nothing to draw")
	}
	p := plot.New()
	p.Title.Text = title
	p.X.Label.Text = fmt.Sprintf("loss of %s without it (%s with all: %.3g), 90 %% interval", l.Merit, l.Merit, l.Whole)
	var ticks []plot.Tick
	for i, x := range all {
		name := x.Name
		if i >= len(all)-len(l.Channels) {
			name = "all of " + name
		}
		y := float64(len(all) - 1 - i)
		ticks = append(ticks, plot.Tick{Value: y, Label: name})
		bar, err := plotter.NewPolygon(plotter.XYs{{X: 0, Y: y - 0.35}, {X: x.Loss, Y: y - 0.35}, {X: x.Loss, Y: y + 0.35}, {X: 0, Y: y + 0.35}})
		if err != nil {
			return err
		}
		bar.Color = color.RGBA{178, 24, 43, 255}
		if x.Loss < 0 {
			bar.Color = color.RGBA{5, 80, 160, 255}
		}
		bar.LineStyle.Width = 0
		p.Add(bar)
	}
	whole := losses(nil)
	for _, x := range all {
		if math.IsNaN(x.Low) || math.IsNaN(x.High) {
			x.Low, x.High = x.Loss, x.Loss
		}
		whole = append(whole, x)
	}
	bars, err := plotter.NewXErrorBars(whole)
	if err != nil {
		return err
	}
	p.Add(bars)
	p.Y.Tick.Marker = plot.ConstantTicks(ticks)
	p.Y.Min, p.Y.Max = -0.6, float64(len(all))-0.4
	for _, s := range []*draw.TextStyle{&p.Title.TextStyle, &p.X.Label.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label} {
		s.Font.Variant = "Sans"
	}
	c := vgimg.NewWith(vgimg.UseWH(vg.Points(800), vg.Points(float64(90+20*len(all)))), vgimg.UseDPI(100))
	p.Draw(draw.Crop(draw.New(c), margin, -margin, margin, -margin))
	_, err = vgimg.PngCanvas{Canvas: c}.WriteTo(w)
	return err
}
