package report_test

import (
	"os"
	"time"

	"crackle/detector"
	"crackle/detector/ledger"
	"crackle/detector/ledger/report"
)

func ExampleCSV() {
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	report.CSV(os.Stdout, []ledger.Part{{
		Stream: "grinder", Lot: "L-1", Part: "P-7", Run: 1, End: 1000, From: at, To: at.Add(time.Second), Verdict: detector.OK, Coverage: 1, Needed: 0.99, Peak: 0.4, Limit: 1,
		Samples: ledger.Samples{Expected: 1000, Received: 1000, Scored: 1000}, Windows: ledger.Windows{Total: 9, Scored: 9},
		Estimates: []ledger.Estimate{{Target: "wear", Unit: "um", Value: 84.2, Low: 12, High: 156.4, Coverage: 0.9}},
	}})
	// Output:
	// stream,lot,part,run,first,end,from,to,verdict,reasons,coverage,needed,expected,received,missing,invalid,saturated,scored,bridged,warmup,outside,lost,duplicated,late,reordered,dropped,windows,windows_scored,windows_above,peak,limit,model,estimates
	// grinder,L-1,P-7,1,0,1000,2026-03-01T08:00:00Z,2026-03-01T08:00:01Z,ok,,1,0.99,1000,1000,0,0,0,1000,0,0,0,0,0,0,0,0,9,9,0,0.4,1,,wear 84.2 um (12 to 156.4 with 90 %)
}
