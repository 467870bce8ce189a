// Package suite runs detectors over public benchmarks, each with one configuration for all its files and all decisions made causally, and
// measures them by package eval beside detectors that know nothing. A loader knows a benchmark's files; no detector knows which benchmark it
// is in.
//
// Upstream: a folder in a benchmark's own layout; one that holds only some of the files works on those.
// Downstream: a Report, as JSON or as a page (package report).
// Drops when: a file cannot be read: it is named, counted (files_left_out) and no part of the figures; the run fails only when none can be. A
// file that cannot be learned from is named, counted (files_silent) and scored as one of which nothing was said. A missing value leaves its row
// out.
//
// The same folder gives the same report, whatever the number of cores.
//
// # What was chosen by looking at what
//
// Every limit is fixed in the source, the same for all files. They were chosen on parts of the benchmarks, so figures on those parts are
// optimistic; on files that were not looked at expect less.
//
//   - skab: member.Watch, Level and Spread. The rules and the limits of the level (2.05), of a single channel (4.2), of the spread (6) and of its
//     growth (2.6), the horizon (250 rows), the baseline's gains, the rows to settle and those after which a row counts as good (150) were chosen
//     for F1, FAR and MAR on the 16 files valve1, as they are, with the lesson moved and shortened, with noise and with rows left out, for rows
//     in alarm on anomaly-free, which has no labels, whole and in pieces, and on faults of ten kinds added to it; the change statistic's limit
//     (1.7), its 15 rows and the rest (50 rows) for changepoint precision and recall on valve1, whose valve takes about 57 s to move. With each
//     of 26 constants a fifth smaller or larger, but for the level's limit, F1 stays from 0.92 to 0.93 as the files are and from 0.90 to 0.93
//     with the lesson moved; the limit trades false alarms (8 % and 2 %) for misses (8 % and 19 %).
//     f1_moved, far_moved and mar_moved, with the lesson moved by 40 to 160 rows, are nearer to what to expect than f1, far and mar.
//   - normal-drift: nothing of its own; the step of the adaptive limit is its default. That half of the decades by which distances grow is believed
//     was chosen for rows_in_alarm_moved.
//   - nab: the call's limit (1, for a rest of 100 rows), price (0.3), memory (32 rests), rest (0.25 of the probation), what breaks a rest (2) and
//     the handicaps of the views and of the time of day on 32 of the 58 files. They were chosen for the mean over limits, prices and rests
//     around them and over the files as they are, with noise, begun later and halved: 73.7, of which the files as they are give 75.8. That is
//     nearer to what to expect. The time of day is there for days on which what comes every day does not: made-up files with such days, not
//     the corpus, asked for it.
//   - itsc: limit 3; the tolerances were stated before scoring, their size is a convention, not a fit.
//   - mbn-burn: the probabilities of a begin (0.01) and an end (0.2), an excursion's size (3), its variation (1) and walk (1) on 18 simulated
//     parts, each begun at eight positions around it and measured in both senses; the figure hardly depends on them (mean AUC 0.936 to 0.939
//     for ends from 0.15 to 0.2 and walks from 0.7 to 1.4). Bands of 10 kHz over the sensor's pass band did better than the RMS alone. The
//     variances are learned from clean parts.
//   - telemanom: limits 2.5 and 3 on 9 channels; F0.5 is 0.88, and 0.83 for forecaster limits of 2 and 3. Nothing is said on the first 100 rows of
//     a test part, which does not follow on the training part; the published method says nothing on its first 250.
//   - ucr-anomaly: nothing.
package suite
