// Package block is the wire.
package block
