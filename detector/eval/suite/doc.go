// Package suite runs detectors over public benchmarks, each with one configuration for all its files and all decisions made causally, and
// measures them by package eval beside detectors that know nothing. A loader knows a benchmark's files; no detector knows which benchmark it
// is in.
//
// Upstream: a folder in a benchmark's own layout; one that holds only some of the files works on those.
// Downstream: a Report, as JSON or as a page (package report).
// Drops when: a file cannot be read or learned from: the run fails and names it; files are never left out silently.
//
// The same folder gives the same report, whatever the number of cores.
package suite
