// Package demo holds what `crackle demo` plays: real recordings of a motor and of a machine's temperature, and a simulated grinder.
//
// The recordings are built into the program, compressed; recordings/README.md names their sources, licences and what was left out.
// What is known about each of them (healthy, faulty, doubtful, labelled windows, the burn zone's samples) stands beside the
// samples, so that a run can be judged. Nothing here is tuned to what a detector finds.
package demo

//go:generate go run ./_gen -motor $CRACKLE_DEMO_SOURCES/motor_itsc -nab $CRACKLE_DEMO_SOURCES/nab
