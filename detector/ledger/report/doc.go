// Package report writes the accounts of parts for people: a page to print, and a table for a spreadsheet.
//
//	Upstream: detector/ledger (Part values)
//	Downstream: whoever answers for released parts
//	Drops when: never
package report
