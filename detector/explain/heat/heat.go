package heat

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"html/template"
	"image/color"
	"io"
	"math"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"

	// The picture format.
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"crackle/detector/explain"
)

// field is an explanation's map as the plotter reads it: rows of features, the first at the top.
type field struct{ x *explain.Explanation }

func (f field) Dims() (c, r int) { return len(f.x.Map), len(f.x.Features) }
func (f field) X(c int) float64  { return float64(c - len(f.x.Map) + 1) } // windows before the one explained
func (f field) Y(r int) float64  { return float64(r) }
func (f field) Z(c, r int) float64 {
	return f.x.Map[c][len(f.x.Features)-1-r]
}

// shades go from blue over white to red, a colour scale that people with any colour vision can tell the ends of apart.
type shades struct{}

func (shades) Colors() []color.Color {
	const n = 127
	out := make([]color.Color, 0, 2*n+1)
	low, high := [3]float64{5, 80, 160}, [3]float64{178, 24, 43}
	for i := -n; i <= n; i++ {
		end, part := high, float64(i)/n
		if i < 0 {
			end, part = low, -part
		}
		var c [3]uint8
		for k, v := range end {
			c[k] = uint8(255 + math.Sqrt(part)*(v-255))
		}
		out = append(out, color.RGBA{c[0], c[1], c[2], 255})
	}
	return out
}

// margin keeps text off the edges of the picture.
const margin = vg.Length(8)

// before are the ticks of n windows: whole numbers of them, about eight.
func before(n int) (ticks []plot.Tick) {
	step := (n + 7) / 8
	for back := 0; back < n; back += step {
		ticks = append(ticks, plot.Tick{Value: -float64(back), Label: strconv.Itoa(back)})
	}
	return ticks
}

// PNG writes the picture, about 1100 pixels wide.
func PNG(w io.Writer, title string, x *explain.Explanation) error {
	if len(x.Map) == 0 || len(x.Features) == 0 {
		return errors.New("the explanation has no map to draw")
	}
	p := plot.New()
	p.Title.Text = title
	p.X.Label.Text = "windows before the one explained"
	top := 0.0
	for _, r := range x.Map {
		for _, v := range r {
			top = max(top, math.Abs(v))
		}
	}
	if !(top > 0) {
		top = 1
	}
	m := plotter.NewHeatMap(field{x}, shades{})
	m.Min, m.Max = -top, top
	m.Rasterized = false
	p.Add(m)
	var ticks []plot.Tick
	for j, name := range x.Features {
		ticks = append(ticks, plot.Tick{Value: float64(len(x.Features) - 1 - j), Label: name})
	}
	p.Y.Tick.Marker = plot.ConstantTicks(ticks)
	p.X.Tick.Marker = plot.ConstantTicks(before(len(x.Map)))
	for _, s := range []*draw.TextStyle{&p.Title.TextStyle, &p.X.Label.TextStyle, &p.X.Tick.Label, &p.Y.Tick.Label} {
		s.Font.Variant = "Sans"
	}
	p.X.Min, p.X.Max = field{x}.X(0)-0.5, 0.5
	p.Y.Min, p.Y.Max = -0.5, float64(len(x.Features))-0.5
	height := vg.Length(90+16*min(len(x.Features), 120)) * vg.Points(1)
	c := vgimg.NewWith(vgimg.UseWH(vg.Points(800), height), vgimg.UseDPI(100))
	p.Draw(draw.Crop(draw.New(c), margin, -margin, margin, -margin))
	_, err := vgimg.PngCanvas{Canvas: c}.WriteTo(w)
	return err
}

var page = template.Must(template.New("page").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{.Title}}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem}img{max-width:100%}td,th{padding:.2rem .8rem .2rem 0;text-align:left}</style></head>
<body><h1>{{.Title}}</h1>
<ol>{{range .X.Top}}<li>{{.Words}}</li>{{end}}</ol>
<img src="{{.Picture}}" alt="Heat map, time across, features up: red raised the score, blue lowered it. The list above says what it shows.">
<table><tr><th>member</th><td>{{.X.Member}}</td></tr><tr><th>method</th><td>{{.X.Method}}</td></tr><tr><th>raw score</th><td>{{printf "%.4g" .X.Score}}</td></tr>
{{with .X.Sums}}<tr><th>completeness</th><td>sums to {{printf "%.4g" .Got}}, should to {{printf "%.4g" .Want}}{{if not .Complete}}: NOT complete{{end}}</td></tr>{{end}}
{{with .X.Control}}<tr><th>random network</th><td>rank correlation {{printf "%.2f" .RankCorrelation}}{{if not .Differs}}: the explanation shows the signal rather than what was learned{{end}}</td></tr>{{end}}</table>
<p>{{.X.Caution}}</p></body></html>
`))

// HTML writes a page that needs nothing beside it.
func HTML(w io.Writer, title string, x *explain.Explanation) error {
	var b bytes.Buffer
	if err := PNG(&b, title, x); err != nil {
		return err
	}
	err := page.Execute(w, struct {
		Title   string
		X       *explain.Explanation
		Picture template.URL
	}{title, x, template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes()))})
	if err != nil {
		return fmt.Errorf("explanation page: %w", err)
	}
	return nil
}
