// Package explain says why a member of a detector scored a window as it did: what each feature of each window gave to the raw score, and in
// words the three things that mattered most.
//
// Upstream: a detector's model, and the windows since the stream last started anew, as rows of features.
// Downstream: people, by `crackle explain`, the dashboard and an alarm's evidence.
// Drops when: a window with a defect stands among those given; what lies before it is left out, as the detector forgets it.
//
// # Methods
//
//   - Contributions: exact, for members whose score is a distance (T² and what builds on it), a sum or a largest value. They sum to the score.
//   - Integrated gradients (Sundararajan et al. 2017), for members that rest on a network: the gradient of the raw score along the straight way
//     from usual rows to those seen. They sum to the difference between both scores; how nearly is checked at every run.
//   - Saliency: the gradient at the rows seen, times a usual deviation. What a small change would do, not what happened.
//   - Attention, for what has it, which is a head with the encoder gru: how much each window weighs in the answer. It says where was looked, of no
//     feature, and not how an answer would change (Jain and Wallace 2019): hold it against masking.
//   - Masking, for every member: how much the score falls when values are replaced by what is usual. Nothing need sum up.
//   - Masking over a whole test set (Loss): how much worse good and bad parts are told apart, or a head answers, without a feature or a channel.
//
// Gradients are of the raw score. The calibrated one is a probability, nearly flat where an alarm is, and a distance to nearest neighbours
// jumps from one to the next.
//
// # What an explanation is not
//
// It tells what the score rests on, not what went wrong in the process: a feature that follows a fault is named as readily as one that leads
// to it. Every Explanation carries that caution. Control explains the same windows for the same member with a network drawn at random, and
// gives the rank correlation of both (Adebayo et al. 2018): near 1, the explanation shows the signal and not what was learned.
package explain
