// Package member holds the members of a detector: each sees the same conditioned rows (feature vectors, in order) and gives one raw score a
// row, higher for stranger. A member is fitted to rows of normal production and then only looks back, so that the scores of a recording that
// is cut short equal the first scores of the whole one to the bit. None is right for every signal; they stand beside each other.
//
// Upstream: rows of features, those to learn from first.
// Downstream: package limit makes probabilities of the scores.
// Drops when: a row holds NaN or Inf: it is scored NaN and leaves the member's state as it was.
//
// A member is for one goroutine. Once warm a step takes constant time and allocates nothing.
package member
