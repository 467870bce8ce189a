package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"crackle/cmd/crackle/app"
	"crackle/detector/ledger"
	partreport "crackle/detector/ledger/report"
)

type partsCmd struct {
	running
	Stream string    `short:"s" placeholder:"NAME" help:"Only parts of this stream."`
	Lot    string    `placeholder:"LOT" help:"Only parts of this lot."`
	Part   string    `placeholder:"PART" help:"Only this part."`
	From   time.Time `placeholder:"TIME" help:"Only parts that ended at this time or later, as 2026-01-31T08:00:00Z."`
	To     time.Time `placeholder:"TIME" help:"Only parts that ended before this time."`
	Limit  int       `default:"1000" placeholder:"N" help:"The newest so many, 1 to 100000."`
	JSON   bool      `name:"json" xor:"form" help:"Write JSON: parts, and the sums of their lots."`
	CSV    bool      `name:"csv" xor:"form" help:"Write CSV."`
	Report string    `placeholder:"FILE.html" help:"Write a page to print: the lots and every part with its account."`
}

func (c *partsCmd) Run(con console) error {
	if c.Limit < 1 || c.Limit > app.MaxParts {
		return mistake{fmt.Errorf("--limit: found %d, allowed are 1 to %d", c.Limit, app.MaxParts)}
	}
	if err := span(c.From, c.To); err != nil {
		return err
	}
	if err := writable(nil, c.Report); err != nil {
		return err
	}
	ctx, stop := interruptible()
	defer stop()
	nc, err := c.reach(ctx, "crackle parts")
	if err != nil {
		return err
	}
	defer nc.Close()
	parts, err := app.Parts(ctx, nc, app.PartQuery{Stream: c.Stream, Lot: c.Lot, Part: c.Part, From: c.From, To: c.To, Limit: c.Limit})
	if err != nil {
		return err
	}
	if c.Report != "" {
		page, err := partreport.HTML(nil, parts, time.Now())
		if err != nil {
			return err
		}
		if err := os.WriteFile(c.Report, page, 0o644); err != nil {
			return err
		}
	}
	switch {
	case c.JSON:
		return printJSON(con.out, map[string]any{"parts": parts, "lots": ledger.Lots(parts)})
	case c.CSV:
		return partreport.CSV(con.out, parts)
	case c.Report != "":
		fmt.Fprintf(con.out, "%d parts in %s\n", len(parts), c.Report)
		return nil
	}
	for i := range parts {
		p := &parts[i]
		fmt.Fprintf(con.out, "%s  %-12s %-24s %-16s %-12s %6.2f %% scored  %s\n", p.To.UTC().Format(time.RFC3339), p.Verdict, p.Stream, p.Part, p.Lot, 100*p.Coverage, strings.Join(p.Reasons, "; "))
		for _, e := range p.Estimates {
			fmt.Fprintf(con.out, "    %s\n", e)
		}
	}
	if len(parts) > 0 {
		return nil
	}
	fmt.Fprintln(con.out, "no part is kept that fits")
	if cfg, err := c.config(); err == nil && cfg != nil && c.Stream != "" && !slices.Contains(cfg.StreamNames(), c.Stream) {
		fmt.Fprintf(con.err, "note: --stream %q: the configuration has %s\n", c.Stream, strings.Join(cfg.StreamNames(), ", "))
	}
	return nil
}
