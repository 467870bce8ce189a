package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"crackle/cmd/crackle/app"
	"crackle/cmd/crackle/config"
	"crackle/detector/master"
	"crackle/detector/master/control"
)

type masterCmd struct {
	Config string `short:"c" required:"" placeholder:"FILE" help:"Configuration file with the stream."`
	Stream string `short:"s" help:"Stream whose reference parts to show; may be left out when there is only one."`
	Part   string `placeholder:"NAME" help:"Reference part, as master.parts names it; may be left out when there is only one."`
	JSON   bool   `name:"json" help:"Write JSON: every measurement with its limits."`
	Out    string `placeholder:"FILE.png" help:"Draw the control chart."`
}

func (c *masterCmd) Run(con console) (err error) {
	if c.Out != "" && filepath.Ext(c.Out) != ".png" {
		return mistake{fmt.Errorf("--out %q: must end in .png", c.Out)}
	}
	if err := writable([]string{c.Config}, c.Out); err != nil {
		return err
	}
	cfg, s, err := subject(c.Config, c.Stream)
	if err != nil {
		return err
	}
	if len(s.Master.Parts) == 0 {
		return mistake{fmt.Errorf("stream %s has no reference parts: name them in [stream.%q.master], parts", s.Name, s.Name)}
	}
	chart, err := c.chart(cfg, s)
	if err != nil {
		return err
	}
	points := chart.Points()
	if c.Out != "" && len(points) > 0 {
		f, err := os.Create(c.Out)
		if err != nil {
			return err
		}
		if err := errors.Join(control.PNG(f, fmt.Sprintf("Reference part %s on stream %s", c.Part, s.Name), points), f.Close()); err != nil {
			return err
		}
	}
	if c.JSON {
		return printJSON(con.out, struct {
			Stream string         `json:"stream"`
			Part   string         `json:"part"`
			Left   int            `json:"measurements_left"` // until there are limits
			Notes  []string       `json:"notes"`
			Points []master.Point `json:"points"`
		}{s.Name, c.Part, chart.Left(), append([]string{}, chart.Notes()...), append([]master.Point{}, points...)})
	}
	for i := range points {
		fmt.Fprintf(con.out, "%s  %s\n", points[i].At.UTC().Format(time.RFC3339), points[i].Words(s.Master.Measurements))
	}
	for _, note := range chart.Notes() {
		fmt.Fprintf(con.out, "\nNote: %s.\n", note)
	}
	switch {
	case len(points) == 0:
		fmt.Fprintf(con.out, "reference part %s has not been measured yet on stream %s\n", c.Part, s.Name)
	case chart.Left() > 0:
		fmt.Fprintf(con.out, "\n%s more until there are limits.\n", plural(chart.Left(), "measurement"))
	}
	return nil
}

// chart reads what is kept and draws up the chart of the part asked for.
func (c *masterCmd) chart(cfg *config.Config, s *config.Stream) (*master.Chart, error) {
	at := -1
	for i, name := range s.Master.Parts {
		if name == c.Part || c.Part == "" && len(s.Master.Parts) == 1 {
			at = i
		}
	}
	if at < 0 {
		return nil, mistake{fmt.Errorf("--part %q: stream %s has the reference parts %q", c.Part, s.Name, s.Master.Parts)}
	}
	c.Part = s.Master.Parts[at]
	ctx, stop := interruptible()
	defer stop()
	nc, err := reach(ctx, "crackle master", cfg, "")
	if err != nil {
		return nil, err
	}
	defer nc.Close()
	all, err := app.Measurements(ctx, nc, s.Name)
	if err != nil {
		return nil, err
	}
	charts, err := app.MasterCharts(s, all)
	if err != nil {
		return nil, err
	}
	return charts[at], nil
}
