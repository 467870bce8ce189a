// Package config reads Crackle's one TOML file, with references to the environment and to secret files, into one validated Config.
//
// Every mistake in a file is reported at once, each with its line, its key, what was found, what is allowed and what to do, so that a
// person edits the file once. Nothing but a Config without mistakes is ever returned.
//
// A string may hold ${NAME}, which stands for the environment variable NAME; $${ stands for a literal ${. A key that ends in _file
// names a file that holds a secret. Secrets have a type of their own that never prints.
//
// Relative paths in the file are relative to the folder that the file stands in.
package config
