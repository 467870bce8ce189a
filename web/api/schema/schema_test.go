package schema_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"crackle/web/api/schema"
)

type inner struct {
	A string `json:"a"`
	B int    `json:"b,omitempty"`
}

type loose float64

func (loose) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

type word int

func (word) MarshalText() ([]byte, error) { return []byte("w"), nil }

type odd struct{ X int }

func (odd) MarshalJSON() ([]byte, error) { return []byte(`"odd"`), nil }

type outer struct {
	inner
	A     float64         `json:"a"` // in place of inner's
	T     time.Time       `json:"t"`
	Z     time.Time       `json:"z,omitzero"`
	N     uint64          `json:"n,string"`
	Raw   json.RawMessage `json:"raw"`
	Loose loose           `json:"loose"`
	Word  word            `json:"word"`
	Odd   odd             `json:"odd"`
	Ptr   *inner          `json:"ptr"`
	List  []inner         `json:"list"`
	Bytes []byte          `json:"bytes"`
	Map   map[string]int  `json:"map"`
	Any   any             `json:"any"`
	Skip  int             `json:"-"`
	Plain bool
	Self  *outer             `json:"self,omitempty"`
	Anon  struct{ Q string } `json:"anon"`
}

// What encoding/json writes of a value fits the schema of its type, and values of other shapes do not.
func TestSchemaFitsEncodingJSON(t *testing.T) {
	ty := schema.New()
	root := ty.Of(reflect.TypeFor[outer]())
	doc, err := json.Marshal(map[string]any{"openapi": "3.0.3", "info": map[string]any{"title": "t", "version": "1"}, "paths": map[string]any{},
		"components": map[string]any{"schemas": ty.Components()}})
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := openapi3.NewLoader().LoadFromData(doc)
	if err != nil {
		t.Fatal(err)
	}
	if err := loaded.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if root["$ref"] != "#/components/schemas/outer" {
		t.Fatalf("%v", root)
	}
	s := loaded.Components.Schemas["outer"].Value
	check := func(text string, good bool) {
		t.Helper()
		var v any
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			t.Fatal(err)
		}
		if err := s.VisitJSON(v); (err == nil) != good {
			t.Errorf("%s: %v, want it to fit: %v", text, err, good)
		}
	}
	full := outer{inner: inner{A: "x"}, List: []inner{}, Map: map[string]int{"k": 1}, Bytes: []byte{1}, Any: 3, Raw: json.RawMessage(`[1]`), Ptr: &inner{}}
	text, err := json.Marshal(full)
	if err != nil {
		t.Fatal(err)
	}
	check(string(text), true)
	full.Ptr, full.Self = nil, &outer{List: []inner{{}}, Map: map[string]int{}, Bytes: []byte{}, Raw: json.RawMessage(`1`)}
	if text, err = json.Marshal(full); err != nil {
		t.Fatal(err)
	}
	check(string(text), true)
	for _, change := range []func(map[string]any){
		func(m map[string]any) { delete(m, "t") },
		func(m map[string]any) { m["n"] = 5 },
		func(m map[string]any) { m["a"] = "text" },
		func(m map[string]any) { m["list"] = []any{1} },
		func(m map[string]any) { m["map"] = map[string]any{"k": "v"} },
		func(m map[string]any) { m["Plain"] = "yes" },
	} {
		var m map[string]any
		if err := json.Unmarshal(text, &m); err != nil {
			t.Fatal(err)
		}
		change(m)
		bad, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		check(string(bad), false)
	}
}
