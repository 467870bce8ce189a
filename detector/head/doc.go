// Package head answers a question about a part that labels can teach: how large a stress is, how hard, how worn, or which class of damage. It
// stands on the same windows and features as the detector, and gives every answer with a range or a set that holds the truth as often as stated.
//
//	Upstream: window (feature rows of whole parts), labels (a table of parts, specimens and targets)
//	Downstream: people (Estimate values, one a part)
//	Drops when: more than half of a part's windows have features that are not finite; the Estimate then says that it was not assessed
//
// # Specimens
//
// Parts of one specimen resemble each other in more than the target. Every figure here is for specimens that were not learnt from: folds hold
// whole specimens, a part that is said to be of two is refused, and so are labels without specimens, or too few of them for the coverage asked.
//
// # Encoders
//
// "linear" reads the mean and deviation of each feature over the part: ridge regression, or multinomial logistic regression, its penalty chosen
// by specimens. "gru" reads the windows in order with five gated recurrent networks whose states are pooled by attention, trained by
// backpropagation from other seeds, and answers their mean; of a part of more than 256 windows it reads means of windows in a row. Both are
// fitted in each fold, and the better on the specimens left out is kept ("auto"); the record has the errors of both beside that of saying the
// mean, or the commonest class, always. The choice and the ranges rest on the same specimens, which flatters a little.
//
// # Ranges
//
// Residuals of the specimens left out, divided by how difficult a part is, calibrate the ranges (cross-conformal; Vovk 2015). Parts of a specimen
// are not exchangeable with those of others, so each specimen counts once, its parts share that weight, and the specimen to come counts as one
// more with an unbounded residual (Lee, Barber and Willett 2023, hierarchical conformal prediction). From K specimens no coverage above
// K/(K+1) can be had, and none is promised. Because the residuals come from folds and the final fit uses all, the proven coverage is
// 1 - 2 (1 - stated); in use it is near the stated one, and the record says how often specimens left out were covered.
//
// A part is as difficult as it is far from those learnt from: sqrt((1 + m²)/2) with m² the squared Mahalanobis distance per dimension. A part
// farther out than any learnt from is marked as beyond what is known.
package head
