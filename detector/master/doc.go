// Package master tells drift of a sensor from drift of the process, by a reference part, the "master", that is measured again and again: what
// changes on a part that does not change is the sensor's doing.
//
//	Upstream: windows of a reference part (a Meter takes their features), or measurements read from a store
//	Downstream: the alarm machine and people (Point values, each a measurement against the chart's limits)
//	Drops when: never; a measurement that is there already is told from a new one by its run and first sample
//
// A Chart is a control chart for single measurements with an exponentially weighted mean beside it (Montgomery, Introduction to Statistical
// Quality Control, chapters 6 and 9): the value itself shows a step at once, the slow mean a creep that no single value shows. The first
// measurements set its limits, which are those of a Student distribution with the uncertainty of their own mean and deviation in it, so that
// few measurements give wide limits and the rate of false alarms is the one stated. The stated rate is shared by the features and by both
// charts (Bonferroni).
//
// A Chart is a function of its measurements in their order: whoever keeps them, keeps the chart. Subpackage control draws it.
package master
