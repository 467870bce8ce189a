// Package schema describes Go types as the JSON that encoding/json makes of them, in the words of OpenAPI 3.0 schemas.
//
//	Upstream: package api, with the types of its bodies and answers
//	Downstream: the description of the API at /api/v1/openapi.json
//	Drops when: never; of a type that writes its own JSON it knows what it was told, else nothing
package schema
