// Package kernel holds the inner loops of the recurrent networks: packed weights, one step of one Channel, one step of a tile of
// channels, dense layers and activations.
//
// Every function has a generic Go form that is always built, and vector forms chosen when the program starts by what the processor
// offers; CRACKLE_KERNEL=generic|avx2|avx512 forces one. A name that this machine cannot run is an error (StartError) and leaves the best one
// in use. Results are stored with the kernel's Name.
//
// # Reduction order
//
// The order of additions is part of the contract. With one hidden unit's gate, inputs x of length I and the previous state h of length H,
//
//	a = b + x[0]w[0] + ... + x[I-1]w[I-1] + h[0]u[0] + ... + h[m-1]u[m-1]    m = H - H/2, one accumulator, k ascending
//	c = h[m]u[m] + ... + h[H-1]u[H-1]                                        one accumulator from 0, k ascending
//	gate = a + c
//
// where b is the float32 sum of the input and hidden biases. The GRU's candidate keeps its input part apart: nx = b_in + x[0]w[0] + ..., its
// a starts from the hidden bias with h[0], and the candidate is tanh(r*(a+c) + nx). A dense layer has sixteen accumulators, number k mod 16, summed
// as a tree; the first starts from the bias. The vector forms fuse each product with its addition and put hidden units or channels into
// lanes, so that no result depends on the batch, on which channels are present, or on who computes it; AVX2 and AVX-512 give the same
// bits. The generic form rounds each product (on every processor) and differs in the last place.
//
// A layer stored as Int8 adds whole numbers instead, in any order: see NewStored.
//
// Functions of a Layer or Dense only read it: many goroutines may use one, with a Channel each. Slices must have the stated lengths; the functions check
// them with Go's own bounds checks before any assembly runs, since their callers in package rnn return errors first.
package kernel
