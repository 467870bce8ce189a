package schema_test

import (
	"encoding/json"
	"fmt"
	"reflect"

	"crackle/web/api/schema"
)

func Example() {
	type Point struct {
		X    float64 `json:"x"`
		Note string  `json:"note,omitempty"`
	}
	t := schema.New()
	fmt.Println(t.Of(reflect.TypeFor[[]Point]()))
	js, err := json.Marshal(t.Components())
	fmt.Println(string(js), err)
	// Output:
	// map[items:map[$ref:#/components/schemas/Point] type:array]
	// {"Point":{"properties":{"note":{"type":"string"},"x":{"type":"number"}},"required":["x"],"type":"object"}} <nil>
}
