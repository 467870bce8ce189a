// Package picture draws what an inspection found: the most remarkable numbers over time, one under the other.
//
//	Upstream: package inspect
//	Downstream: `crackle train --picture`
//	Drops when: never
package picture
