// Package detector turns windows into scores and scores into verdicts, and learns what normal is.
//
//	Upstream: window (Window values, one feature vector each)
//	Downstream: alert and web (Score and PartVerdict values)
//	Drops when: never; a window that cannot be scored comes out as a Score with verdict NotAssessed and its reasons
//
// A Model is one safetensors file: what the members of a panel learned (package panel), with their calibration and the limit, and metadata that holds the
// conditioning the features came from, the feature list, the scaler, the training record, what the limit promises and what was found of made faults. A
// Detector holds a model and the state of one stream. Teach makes a Model from feature rows of normal production.
package detector
