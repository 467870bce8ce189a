// Package heat draws an explanation: time across, features up, red where a value raised the score and blue where it lowered it.
//
// Upstream: package explain.
// Downstream: `crackle explain`; anything that shows a PNG picture or a page.
// Drops when: never; rows of more than a thousand are drawn as they are, one narrow column each.
package heat
