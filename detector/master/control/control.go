package control

import (
	"errors"
	"image/color"
	"io"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"crackle/detector/master"
)

var (
	ink    = color.RGBA{40, 44, 52, 255}
	limits = color.RGBA{120, 126, 136, 255}
	slow   = color.RGBA{5, 80, 160, 255}
	dashed = []vg.Length{vg.Points(3), vg.Points(4)}
	out    = color.RGBA{178, 24, 43, 255}
)

// mostDrawn is the number of features that find room in one picture; those farthest out come first.
const mostDrawn = 8

// PNG writes the picture, about 1100 pixels wide, a panel for each feature. It fails on a chart without a point.
func PNG(w io.Writer, title string, points []master.Point) error {
	if len(points) == 0 {
		return errors.New("the chart has no point to draw")
	}
	last := points[len(points)-1]
	var order []int
	for _, f := range last.Out {
		order = appendOnce(order, f.Feature)
	}
	for j := range last.Features {
		order = appendOnce(order, j)
	}
	order = order[:min(len(order), mostDrawn)]
	const width, panel = 800, 170
	height := vg.Points(float64(panel * len(order)))
	c := vgimg.NewWith(vgimg.UseWH(vg.Points(width), height), vgimg.UseDPI(100))
	all := draw.New(c)
	for i, j := range order {
		p, err := feature(points, j)
		if err != nil {
			return err
		}
		if i == 0 {
			p.Title.Text = title + " (dots: measured, grey: allowed, blue: slow mean, dashed: allowed of it, red: out)"
		}
		top := height - vg.Points(float64(panel*i))
		area := draw.Crop(all, 6, -6, top-vg.Points(panel)+4, 0)
		area.Max.Y = top - 4
		p.Draw(area)
	}
	_, err := vgimg.PngCanvas{Canvas: c}.WriteTo(w)
	return err
}

func appendOnce(list []int, j int) []int {
	for _, o := range list {
		if o == j {
			return list
		}
	}
	return append(list, j)
}

// feature draws one panel.
func feature(points []master.Point, j int) (*plot.Plot, error) {
	p := plot.New()
	m := points[len(points)-1]
	p.Y.Label.Text = m.Features[j]
	if j < len(m.Units) && m.Units[j] != "" && m.Units[j] != "1" {
		p.Y.Label.Text += ", " + m.Units[j]
	}
	var good, bad, mean, low, high, slowLow, slowHigh plotter.XYs
	for i := range points {
		q := &points[i]
		at := float64(q.At.UnixNano()) / 1e9
		out := false
		for _, f := range q.Out {
			out = out || f.Feature == j
		}
		if out {
			bad = append(bad, plotter.XY{X: at, Y: q.Values[j]})
		} else {
			good = append(good, plotter.XY{X: at, Y: q.Values[j]})
		}
		if q.Learns || math.Abs(q.Allowed[j].High) == math.MaxFloat64 {
			continue
		}
		mean = append(mean, plotter.XY{X: at, Y: q.Slow[j]})
		slowLow, slowHigh = append(slowLow, plotter.XY{X: at, Y: q.AllowedSlow[j].Low}), append(slowHigh, plotter.XY{X: at, Y: q.AllowedSlow[j].High})
		low, high = append(low, plotter.XY{X: at, Y: q.Allowed[j].Low}), append(high, plotter.XY{X: at, Y: q.Allowed[j].High})
	}
	for _, l := range []struct {
		xy     plotter.XYs
		colour color.Color
		dashes []vg.Length
	}{{low, limits, nil}, {high, limits, nil}, {slowLow, slow, dashed}, {slowHigh, slow, dashed}, {mean, slow, nil}} {
		if len(l.xy) == 0 {
			continue
		}
		line, err := plotter.NewLine(l.xy)
		if err != nil {
			return nil, err
		}
		line.Color, line.Dashes = l.colour, l.dashes
		line.Width = vg.Points(1)
		p.Add(line)
	}
	for _, s := range []struct {
		xy     plotter.XYs
		colour color.Color
		shape  draw.GlyphDrawer
		size   vg.Length
	}{{good, ink, draw.CircleGlyph{}, vg.Points(3)}, {bad, out, draw.PyramidGlyph{}, vg.Points(5)}} {
		if len(s.xy) == 0 {
			continue
		}
		dots, err := plotter.NewScatter(s.xy)
		if err != nil {
			return nil, err
		}
		dots.GlyphStyle = draw.GlyphStyle{Color: s.colour, Radius: s.size, Shape: s.shape}
		p.Add(dots)
	}
	p.X.Tick.Marker = plot.TimeTicks{Format: "2006-01-02"}
	for _, s := range []*draw.TextStyle{&p.Title.TextStyle, &p.Y.Label.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label} {
		s.Font.Variant = "Sans"
	}
	return p, nil
}
