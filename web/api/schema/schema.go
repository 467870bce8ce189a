package schema

import (
	"encoding"
	"encoding/json"
	"path"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Schema is one OpenAPI schema object.
type Schema map[string]any

// Types collects the schemas of named structs, to which others refer. It is for one goroutine.
type Types struct {
	own   map[reflect.Type]func(*Types) Schema
	named map[string]Schema
	names map[reflect.Type]string
}

// New makes an empty collection.
func New() *Types {
	return &Types{own: map[reflect.Type]func(*Types) Schema{}, named: map[string]Schema{}, names: map[reflect.Type]string{}}
}

// Own says what a type that writes its own JSON writes.
func (t *Types) Own(of reflect.Type, f func(*Types) Schema) { t.own[of] = f }

// Components are the schemas of the structs met so far, by the names by which others refer to them.
func (t *Types) Components() map[string]Schema { return t.named }

var (
	timeType      = reflect.TypeFor[time.Time]()
	rawType       = reflect.TypeFor[json.RawMessage]()
	marshalerType = reflect.TypeFor[json.Marshaler]()
	textType      = reflect.TypeFor[encoding.TextMarshaler]()
)

// Of describes a type. A named struct becomes a component, and the answer refers to it.
func (t *Types) Of(rt reflect.Type) Schema {
	if f, ok := t.own[rt]; ok {
		if rt.Name() == "" || rt.Kind() != reflect.Struct {
			return f(t)
		}
		return t.component(rt, func() Schema { return f(t) })
	}
	switch {
	case rt == timeType:
		return Schema{"type": "string", "format": "date-time"}
	case rt == rawType:
		return Any()
	case rt.Implements(marshalerType) && (rt.Kind() == reflect.Float64 || rt.Kind() == reflect.Float32):
		return Schema{"type": "number", "nullable": true, "description": "null when it is not known"}
	case rt.Implements(marshalerType):
		return Any()
	case rt.Implements(textType):
		return Schema{"type": "string"}
	}
	switch rt.Kind() {
	case reflect.Bool:
		return Schema{"type": "boolean"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return Schema{"type": "integer"}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return Schema{"type": "integer", "minimum": 0}
	case reflect.Float32, reflect.Float64:
		return Schema{"type": "number"}
	case reflect.String:
		return Schema{"type": "string"}
	case reflect.Slice, reflect.Array:
		if rt.Kind() == reflect.Slice && rt.Elem().Kind() == reflect.Uint8 {
			return Schema{"type": "string", "format": "byte"}
		}
		return Schema{"type": "array", "items": t.Of(rt.Elem())}
	case reflect.Map:
		return Schema{"type": "object", "additionalProperties": t.Of(rt.Elem())}
	case reflect.Pointer:
		return Nullable(t.Of(rt.Elem()))
	case reflect.Struct:
		if rt.Name() == "" {
			return t.object(rt)
		}
		return t.component(rt, func() Schema { return t.object(rt) })
	}
	return Any() // an interface
}

// Any fits every value.
func Any() Schema { return Schema{"nullable": true} }

// Nullable allows null beside s.
func Nullable(s Schema) Schema {
	if _, is := s["$ref"]; is {
		return Schema{"allOf": []Schema{s}, "nullable": true}
	}
	out := Schema{"nullable": true}
	for k, v := range s {
		out[k] = v
	}
	return out
}

// Object is an object with these properties, all of which are there.
func Object(properties map[string]Schema) Schema {
	required := make([]string, 0, len(properties))
	for name := range properties {
		required = append(required, name)
	}
	return object(properties, required)
}

// component describes a named struct once, and refers to it.
func (t *Types) component(rt reflect.Type, describe func() Schema) Schema {
	name, known := t.names[rt]
	if !known {
		name = rt.Name()
		if _, taken := t.named[name]; taken {
			name = path.Base(rt.PkgPath()) + "." + name
		}
		t.names[rt] = name
		t.named[name] = Schema{} // one that holds itself refers to it meanwhile
		t.named[name] = describe()
	}
	return Schema{"$ref": "#/components/schemas/" + name}
}

// Fields are the properties of a struct, and which of them are always there.
func (t *Types) Fields(rt reflect.Type) (properties map[string]Schema, required []string) {
	properties = map[string]Schema{}
	t.fields(rt, properties, &required)
	return properties, required
}

func (t *Types) fields(rt reflect.Type, properties map[string]Schema, required *[]string) {
	for f := range fieldsOf(rt) {
		tag, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if tag == "-" || !f.IsExported() && !f.Anonymous {
			continue
		}
		if f.Anonymous && tag == "" && f.Type.Kind() == reflect.Struct {
			t.fields(f.Type, properties, required)
			continue
		}
		name := tag
		if name == "" {
			name = f.Name
		}
		s := t.Of(f.Type)
		if has(options, "string") {
			s = Schema{"type": "string"}
		}
		if _, outer := properties[name]; outer {
			continue // a field of the outer struct, which comes first where it has one of the same name
		}
		properties[name] = s
		if !has(options, "omitempty") && !has(options, "omitzero") {
			*required = append(*required, name)
		}
	}
}

func has(options, word string) bool {
	for o := range strings.SplitSeq(options, ",") {
		if o == word {
			return true
		}
	}
	return false
}

// fieldsOf yields the plain fields before the embedded structs, as encoding/json prefers them.
func fieldsOf(rt reflect.Type) func(yield func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for _, embedded := range []bool{false, true} {
			for i := range rt.NumField() {
				if f := rt.Field(i); f.Anonymous == embedded && !yield(f) {
					return
				}
			}
		}
	}
}

func (t *Types) object(rt reflect.Type) Schema { return object(t.Fields(rt)) }

func object(properties map[string]Schema, required []string) Schema {
	s := Schema{"type": "object", "properties": properties}
	if len(required) > 0 {
		slices.Sort(required)
		s["required"] = required
	}
	return s
}
