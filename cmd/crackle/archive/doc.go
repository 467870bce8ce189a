// Package archive keeps the models of every stream with the store: the files with what is known of them in an object store, and in a key-value bucket
// which of them is in service, and what people said of alarms.
//
//	Upstream: the program (model files that were taught, judgements)
//	Downstream: the object store CRACKLE_MODELS and the key-value bucket CRACKLE_TEACH; Watch tells every program on the same store what is put in service
//	Drops when: the models take more room or are older than its bounds; the oldest go, never one that is in service nor the one that was before it
//
// What is put in service is decided by one record per stream, so that a program that runs, one that starts and a command line agree.
package archive
