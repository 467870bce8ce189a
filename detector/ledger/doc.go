// Package ledger keeps account of how much of each part was really looked at, so that silence is never taken for a good part.
//
//	Upstream: detector (Score values)
//	Downstream: web, alert and reports (Part values)
//	Drops when: never
package ledger
