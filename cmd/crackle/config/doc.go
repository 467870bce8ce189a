// Package config reads Crackle's one TOML file, with references to the environment and to secret files, into one validated Config.
//
// Every mistake in a file is reported at once, each with its line, its key, what was found, what is allowed and what to do, so that a
// person edits the file once: a mistake hides no other, and what cannot be told because of one is not guessed at. Load, Parse and Validate accept
// nothing but a Config without mistakes; Examine is for a check that looks further.
//
// A string may hold ${NAME}, which stands for the environment variable NAME; $${ stands for a literal ${. A key that ends in _file
// names a file that holds a secret. Secrets have a type of their own that never prints.
//
// Relative paths in the file are relative to the folder that the file stands in.
package config
