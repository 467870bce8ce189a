package api

// Providers are the parts of the program behind the groups of the API. A group whose provider is nil answers 501 and says so.
type Providers struct {
	History  Historian
	Alarms   Alarms
	Evidence Evidence
	Parts    Parts
	Teacher  Teacher
	Models   Models
	Plant    Plant
	Jobs     *Jobs // for Teacher; nil makes one, which Handler.Close ends
}
