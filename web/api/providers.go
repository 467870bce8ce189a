package api

// Providers are the parts of the program behind the groups of the API. A group whose provider is nil answers 501 and says so.
type Providers struct {
	History  Historian
	Evidence Evidence
	Parts    Parts
}
