// Package simulate makes process signals from physics and a seed, for demonstrations, tests and examples.
//
// Upstream: nothing; a seed.
// Downstream: whoever takes block.Block: a publisher, a scorer, a test.
// Drops when: never; a generator is pulled.
//
// Barkhausen is magnetic Barkhausen noise of a ground surface, Motor three-phase currents of an induction motor, Weld current and voltage of a
// resistance welder. All three are read part by part through Read, which fills a caller's block, allocates nothing once the block has grown to its
// size, and marks every block block.Simulated, so that every screen can say so.
//
// The same configuration gives the same bits on one processor architecture, whatever the block size; between architectures the bits differ by the rounding of
// fused operations, the statistics do not. A part depends on the seed and on its own place in the list, not on the parts before it.
// A generator is for one goroutine.
package simulate
