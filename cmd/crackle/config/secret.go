package config

import "crackle/alert/notify"

// Secret is a text that people and logs must not see: it never prints. Reveal gives it out, Equal compares.
type Secret = notify.Secret

// NewSecret hides a text.
func NewSecret(text string) Secret { return notify.NewSecret(text) }
