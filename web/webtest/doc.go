// Package webtest drives the dashboard in a real Chromium, for tests: it builds the dashboard when its sources are newer, opens windows of any size and
// theme, waits for conditions, presses what holds still, keeps pictures under build/screenshots, and lets axe-core look for what keeps people out.
package webtest
