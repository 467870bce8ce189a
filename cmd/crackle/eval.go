package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"os/signal"
	"slices"
	"strings"
	"text/tabwriter"

	evalreport "crackle/detector/eval/report"
	"crackle/detector/eval/suite"
)

type evalCmd struct {
	Suite  string `arg:"" help:"Benchmark: skab, nab, itsc, mbn-burn, telemanom, ucr-anomaly or normal-drift."`
	Dir    string `arg:"" help:"Folder in the benchmark's own layout; it may hold only some of the files."`
	JSON   bool   `help:"Print the result as JSON."`
	Report string `placeholder:"FILE.html" help:"Write a page that draws score, labels and alarms of each file."`
}

func (c *evalCmd) Run(con console) error {
	if !slices.Contains(suite.Names(), c.Suite) {
		return mistake{fmt.Errorf("no benchmark is named %q: there are %s", c.Suite, strings.Join(suite.Names(), ", "))}
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	r, err := suite.Run(ctx, c.Suite, c.Dir)
	if err != nil {
		return err
	}
	if c.Report != "" {
		if err := writeReport(c.Report, r); err != nil {
			return err
		}
	}
	if c.JSON {
		b, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(con.out, "%s\n", b)
		return err
	}
	return printReport(con.out, r)
}

// writeReport writes the page; a file that could not be finished does not stay.
func writeReport(path string, r *suite.Report) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if e := f.Close(); err == nil {
			err = e
		}
		if err != nil {
			_ = os.Remove(path)
		}
	}()
	return evalreport.Write(f, r)
}

// printReport prints the figures as a table, the rivals beside.
func printReport(out io.Writer, r *suite.Report) error {
	fmt.Fprintf(out, "%s: %s\n\n", r.Suite, r.Detector)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "figure\tthis\t95 %")
	for _, b := range r.Rivals {
		name, _, _ := strings.Cut(b.Name, ",")
		fmt.Fprintf(w, "\t%s", name)
	}
	fmt.Fprintln(w)
	for _, f := range r.Figures {
		fmt.Fprintf(w, "%s\t%s\t", f.Name, figure(f.Value))
		if i, ok := r.Intervals[f.Name]; ok && !math.IsNaN(i.Low) {
			fmt.Fprintf(w, "%s to %s", figure(i.Low), figure(i.High))
		}
		for _, b := range r.Rivals {
			v := math.NaN()
			for _, o := range b.Figures {
				if o.Name == f.Name {
					v = o.Value
				}
			}
			fmt.Fprintf(w, "\t%s", figure(v))
		}
		fmt.Fprintln(w)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, n := range r.Notes {
		fmt.Fprintf(out, "\n%s\n", n)
	}
	printMissing(out, "could not be read and are no part of the figures", r.Left)
	printMissing(out, "could not be learned from and count as files of which nothing was said", r.Silent)
	return nil
}

// printMissing names files that have no full part in the figures.
func printMissing(out io.Writer, what string, files []suite.Missing) {
	if len(files) == 0 {
		return
	}
	fmt.Fprintf(out, "\n%d files %s:\n", len(files), what)
	for _, f := range files {
		fmt.Fprintf(out, "  %s: %s\n", f.File, f.Why)
	}
}

func figure(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "-"
	}
	return fmt.Sprintf("%.4g", v)
}
