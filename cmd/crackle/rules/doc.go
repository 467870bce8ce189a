// Package rules holds no code but a test: the one that keeps the house in order. It reads the import lists and the sources of every package
// of the module and fails, naming the rule and the place, when a package knows more than it should.
package rules
