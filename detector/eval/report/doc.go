// Package report draws the outcome of a benchmark suite as one self-contained page: no script, no other file, every text escaped.
//
// Upstream: a suite.Report.
// Downstream: an HTML file for a browser.
// Drops when: never; more rows than a plot is wide are drawn as the largest score in each column.
package report
