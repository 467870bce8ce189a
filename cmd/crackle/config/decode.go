package config

import (
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
)

// decoder moves the parsed TOML into a Config and notes what does not fit: unknown keys, wrong types, references to nothing.
type decoder struct {
	*report
	base string
}

var (
	secretType    = reflect.TypeFor[Secret]()
	minChangeType = reflect.TypeFor[MinChange]()
	setsType      = reflect.TypeFor[map[string]FeatureSet]()
	streamsType   = reflect.TypeFor[map[string]Stream]()
	sinksType     = reflect.TypeFor[map[string]Sink]()
)

func (d *decoder) config(c *Config, tree map[string]any) {
	d.table(reflect.ValueOf(c).Elem(), tree, nil)
}

// keysOf lists the keys of a table, with the index of the struct field that each fills.
// A secret has two: its name, and its name with _file.
func keysOf(t reflect.Type) map[string]int {
	keys := map[string]int{}
	for i := range t.NumField() {
		f := t.Field(i)
		name := f.Tag.Get("toml")
		if name == "" || name == "-" {
			continue
		}
		keys[name] = i
		if f.Type == secretType {
			keys[name+"_file"] = i
		}
	}
	return keys
}

// isSecretKey reports whether a key, alone or at the end of a dotted path, holds a secret.
func isSecretKey(key string) bool {
	key = strings.Trim(key[strings.LastIndex(key, ".")+1:], ` "'`)
	for _, t := range []reflect.Type{reflect.TypeFor[NATS](), reflect.TypeFor[Heartbeat](), reflect.TypeFor[Sink]()} {
		if i, ok := keysOf(t)[key]; ok && t.Field(i).Type == secretType {
			return true
		}
	}
	return false
}

func (d *decoder) table(into reflect.Value, in map[string]any, at keyPath) {
	keys := keysOf(into.Type())
	for _, key := range slices.Sorted(maps.Keys(in)) {
		path := at.with(key)
		i, ok := keys[key]
		if !ok {
			d.unknown(path, in[key], slices.Sorted(maps.Keys(keys)))
			continue
		}
		if field := into.Field(i); field.Type() == secretType {
			d.secret(field, in, path)
		} else {
			d.value(field, in[key], path)
		}
	}
}

// unknown never shows the value: a slip in the name of a secret is still a secret.
func (d *decoder) unknown(at keyPath, value any, known []string) {
	table := "at the top of the file"
	if len(at) > 1 {
		table = "in [" + at[:len(at)-1].String() + "]"
	}
	near := nearest(at[len(at)-1], known)
	_, isTable := value.(map[string]any)
	do := "take the key out; config.example.toml shows all keys"
	switch {
	case near != "":
		do = "write " + near + ", if that is what is meant"
	case isTable && len(at) == 3 && at[0] == "stream":
		do = fmt.Sprintf("when a name has a dot in it, quote it: [stream.%q]", at[1]+"."+at[2])
		d.opaque[at[:2].id()] = true // there is no such stream, and nothing is to be said of its keys
	}
	d.add(at, "an unknown key", strings.Join(known, ", ")+" "+table, do)
}

func (d *decoder) secret(into reflect.Value, in map[string]any, at keyPath) {
	key := at[len(at)-1]
	text, isText := in[key].(string)
	if !isText {
		d.add(at, "a secret that is no text", "a text in quotes", `write it in quotes, or better as "${NAME}" or in a file`)
		return
	}
	plain := strings.TrimSuffix(key, "_file")
	if other := in[plain]; plain != key && text != "" && other != nil && other != "" {
		d.add(at, "both "+plain+" and "+key, "one of them", "take one of the two lines out")
		return
	}
	text = d.expand(text, at)
	switch {
	case d.bad[at.id()]:
	case plain == key:
		into.Set(reflect.ValueOf(NewSecret(text)))
	case text != "":
		into.Set(reflect.ValueOf(d.secretFile(text, at)))
	}
}

func (d *decoder) value(into reflect.Value, in any, at keyPath) {
	switch into.Type() {
	case minChangeType:
		d.minChange(into.Addr().Interface().(*MinChange), in, at)
		return
	case setsType:
		named(d, into.Interface().(map[string]FeatureSet), in, at, func(string) FeatureSet { return FeatureSet{} })
		return
	case streamsType:
		named(d, into.Interface().(map[string]Stream), in, at, DefaultStream)
		return
	case sinksType:
		named(d, into.Interface().(map[string]Sink), in, at, func(name string) Sink { return DefaultSink(name, "") })
		return
	}
	switch into.Kind() {
	case reflect.Struct:
		if t, ok := in.(map[string]any); ok {
			d.table(into, t, at)
		} else {
			d.opaque[at.id()] = true
			d.add(at, kindOf(in), "a table", "write ["+at.String()+"] on a line of its own and its keys below")
		}
	case reflect.Slice:
		d.list(into, in, at)
	default:
		d.scalar(into, in, at)
	}
}

// named fills a table of named tables, each from its defaults.
func named[T any](d *decoder, into map[string]T, in any, at keyPath, defaults func(string) T) {
	tables, ok := in.(map[string]any)
	if !ok {
		d.add(at, kindOf(in), "tables ["+at.String()+".NAME]", "give each a name")
		return
	}
	for _, name := range slices.Sorted(maps.Keys(tables)) {
		path := at.with(name)
		d.name(path, name)
		v := defaults(name)
		d.value(reflect.ValueOf(&v).Elem(), tables[name], path)
		into[name] = v
	}
}

func (d *decoder) list(into reflect.Value, in any, at keyPath) {
	items, ok := in.([]any)
	if !ok {
		d.add(at, kindOf(in)+shown(in), "a list", "put it in brackets: [ … ]")
		return
	}
	out := reflect.MakeSlice(into.Type(), 0, len(items))
	for _, item := range items {
		v := reflect.New(into.Type().Elem()).Elem()
		bad := d.bad[at.id()]
		delete(d.bad, at.id()) // each item may have a mistake
		d.scalar(v, item, at)
		if d.bad[at.id()] {
			d.partial[at.id()] = true
			bad = true
		} else {
			out = reflect.Append(out, v)
		}
		if bad {
			d.bad[at.id()] = true
		}
	}
	if !d.bad[at.id()] || out.Len() > 0 {
		into.Set(out)
	}
}

func (d *decoder) scalar(into reflect.Value, in any, at keyPath) {
	switch v := in.(type) {
	case string:
		if into.Kind() == reflect.String {
			into.SetString(d.expand(v, at))
			return
		}
	case bool:
		if into.Kind() == reflect.Bool {
			into.SetBool(v)
			return
		}
	case int64:
		switch {
		case into.CanFloat():
			into.SetFloat(float64(v))
			return
		case into.CanInt() && !into.OverflowInt(v):
			into.SetInt(v)
			return
		case into.CanUint() && v >= 0:
			into.SetUint(uint64(v))
			return
		}
	case float64:
		if into.CanFloat() {
			into.SetFloat(v)
			return
		}
		if into.CanInt() && v == math.Trunc(v) && math.Abs(v) < 1<<53 {
			d.add(at, literal(v)+" with a decimal point or an exponent", "a whole number", "write "+number(v))
			return
		}
	}
	allowed, do := wanted(into.Kind())
	d.add(at, kindOf(in)+shown(in), allowed, do)
}

// wanted says what a scalar of a kind is called, and how it is written.
func wanted(k reflect.Kind) (allowed, do string) {
	switch k {
	case reflect.String:
		return "a text", "put it in double quotes"
	case reflect.Bool:
		return "true or false", "write true or false, without quotes"
	case reflect.Float64:
		return "a number", "write the number alone, without quotes or unit"
	case reflect.Uint64:
		return "a whole number of at least 0", "write the number alone, without quotes or unit"
	default:
		return "a whole number", "write the number alone, without quotes, unit or decimal point"
	}
}

// kindOf names the TOML type of a value.
func kindOf(in any) string {
	switch in.(type) {
	case string:
		return "a text"
	case bool:
		return "a truth value"
	case int64:
		return "a whole number"
	case float64:
		return "a number"
	case []any:
		return "a list"
	case []map[string]any:
		return "a list of tables"
	case map[string]any:
		return "a table"
	default:
		return "a date or time"
	}
}

// shown gives a scalar's value to stand after its kind. Texts are shown as written, with references unresolved.
func shown(in any) string {
	switch in.(type) {
	case string, bool, int64, float64:
		return ", " + literal(in)
	}
	return ""
}

func (d *decoder) minChange(into *MinChange, in any, at keyPath) {
	table, ok := in.(map[string]any)
	if !ok {
		if _, isText := in.(string); isText {
			d.add(at, kindOf(in)+shown(in), "one number for all features, or a table { feature = number }", "write the number alone, without quotes or unit")
			return
		}
		d.scalar(reflect.ValueOf(&into.All).Elem(), in, at)
		return
	}
	into.By = map[string]float64{}
	for _, feature := range slices.Sorted(maps.Keys(table)) {
		var v float64
		d.scalar(reflect.ValueOf(&v).Elem(), table[feature], at.with(feature))
		into.By[feature] = v
	}
}
