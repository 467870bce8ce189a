// Package panel makes one detector of several members: each sees the same row of features and gives a raw score, each raw score becomes
// -log10 of the probability that a good row scores as high, by the tail of rows that were never fitted, and the largest of them is calibrated
// again, for M members are M times as likely to be surprised.
//
// Upstream: a Lesson, runs of rows of normal production, some to fit and some held out; then the rows of one stream, in order.
// Downstream: package detector, which makes verdicts of opinions and keeps a panel in its model file.
// Drops when: a row is not finite: it has no opinion. A member that cannot learn from the lesson is left out, and the panel says why.
//
// Of a process that drifts (Budget.Adaptive) the level that rows are judged from follows it, while learning as later, and so does the limit.
//
// A new member is one file in package member and one line in the table kinds.
//
// A Panel is for one goroutine. A step allocates nothing.
package panel
