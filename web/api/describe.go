package api

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"crackle/alert"
	"crackle/web/api/schema"
	"crackle/web/auth"
	"crackle/web/hub"
)

// maker makes a schema; given are the samples of Providers.Shapes.
type maker func(t *schema.Types, given map[string]any) schema.Schema

func of[T any]() maker {
	return func(t *schema.Types, _ map[string]any) schema.Schema { return t.Of(reflect.TypeFor[T]()) }
}

func anything(*schema.Types, map[string]any) schema.Schema { return schema.Schema{"type": "object"} }

func list(m maker) maker {
	return func(t *schema.Types, g map[string]any) schema.Schema {
		return schema.Schema{"type": "array", "items": m(t, g)}
	}
}

// given is what a provider gives, by its name in Shapes.
func given(name string) maker {
	return func(t *schema.Types, g map[string]any) schema.Schema {
		if _, there := g[name]; !there {
			return schema.Any()
		}
		s := t.Of(reflect.TypeOf(g[name]))
		if name == "judgement" {
			s = schema.Nullable(s)
		}
		return s
	}
}

type field struct {
	name string
	make maker
}

func object(fields ...field) maker {
	return func(t *schema.Types, g map[string]any) schema.Schema {
		p := map[string]schema.Schema{}
		for _, f := range fields {
			p[f.name] = f.make(t, g)
		}
		return schema.Object(p)
	}
}

// param is one parameter of a query.
type param struct {
	name, about string
	schema      schema.Schema
}

var (
	from = param{"from", "a time such as 2026-01-31T08:00:00Z", schema.Schema{"type": "string", "format": "date-time"}}
	to   = param{"to", "a time; that itself is left out", schema.Schema{"type": "string", "format": "date-time"}}
)

func text(name, about string) param {
	return param{name, about, schema.Schema{"type": "string", "maxLength": maxValue}}
}

func number(name, about string, low, high int) param {
	return param{name, about, schema.Schema{"type": "integer", "minimum": low, "maximum": high}}
}

func choice(name, about string, words ...string) param {
	return param{name, about, schema.Schema{"type": "string", "enum": words}}
}

var bucketSchema = schema.Schema{"type": "array", "items": schema.Schema{"type": "number", "nullable": true}, "minItems": 3, "maxItems": 3, "description": "[t_ms, min, max]"}

// types knows the types that write their own JSON.
func types() *schema.Types {
	t := schema.New()
	score := schema.Schema{"type": "number", "nullable": true}
	t.Own(reflect.TypeFor[Bucket](), func(*schema.Types) schema.Schema { return bucketSchema })
	t.Own(reflect.TypeFor[Point](), func(*schema.Types) schema.Schema {
		return schema.Schema{"type": "array", "items": schema.Any(), "minItems": 5, "maxItems": 5, "description": "[t_ms, value, limit, verdict, reason]"}
	})
	t.Own(reflect.TypeFor[alert.Alarm](), func(t *schema.Types) schema.Schema {
		p, required := t.Fields(reflect.TypeFor[alert.Alarm]())
		p["score"], p["limit"] = score, score
		return schema.Schema{"type": "object", "properties": p, "required": required}
	})
	t.Own(reflect.TypeFor[hub.StreamStatus](), func(t *schema.Types) schema.Schema {
		p, required := t.Fields(reflect.TypeFor[hub.StreamStatus]())
		for _, name := range []string{"score", "limit", "rate_hz", "stale_after_s", "speed"} {
			p[name] = score
		}
		p["verdict"] = schema.Schema{"type": "string", "enum": []string{"ok", "alarm", "not assessed"}}
		return schema.Schema{"type": "object", "properties": p, "required": append(required, "score", "limit", "verdict")}
	})
	t.Own(reflect.TypeFor[Drawing](), func(t *schema.Types) schema.Schema {
		p, required := t.Fields(reflect.TypeFor[Drawing]())
		p["alarm"] = t.Of(reflect.TypeFor[alert.Alarm]())
		return schema.Schema{"type": "object", "properties": p, "required": append(required, "alarm")}
	})
	return t
}

var (
	pathParam = regexp.MustCompile(`\{(\w+)\}`)
	notWord   = regexp.MustCompile(`\W+`)
)

// describe makes the OpenAPI document of the routes.
func describe(routes []route, given map[string]any, version string) ([]byte, error) {
	t := types()
	fault := t.Of(reflect.TypeFor[struct {
		Error Fault `json:"error"`
	}]())
	paths := map[string]map[string]any{}
	for i := range routes {
		r := &routes[i]
		if paths[r.path] == nil {
			paths[r.path] = map[string]any{}
		}
		paths[r.path][strings.ToLower(r.method)] = operation(r, t, given)
	}
	paths["/live"] = map[string]any{"get": map[string]any{
		"operationId": "get_live", "summary": "The live feed: a WebSocket. See the package hub for its frames.", "x-crackle-role": "viewer", "security": secured,
		"responses": map[string]any{"101": map[string]any{"description": "the feed begins"}, "default": map[string]any{"description": "refused, in words"}},
	}}
	for _, name := range slices.Sorted(maps.Keys(given)) { // results of jobs are described, too
		t.Of(reflect.TypeOf(given[name]))
	}
	return json.Marshal(map[string]any{
		"openapi": "3.0.3",
		"info": map[string]any{"title": "Crackle", "version": cmp.Or(version, "unknown"),
			"description": "A monitor for process signals. Times are RFC 3339. A change carries the token of GET /session in its header, or the request shows a program's token."},
		"servers": []any{map[string]any{"url": Root}},
		"paths":   paths,
		"components": map[string]any{
			"schemas":   t.Components(),
			"responses": map[string]any{"Fault": map[string]any{"description": "why it was not done: what was found, what is allowed, the next step", "content": jsonContent(fault)}},
			"securitySchemes": map[string]any{
				"cookie": map[string]any{"type": "apiKey", "in": "cookie", "name": "crackle", "description": "of POST /login; its real name has the port behind it"},
				"token":  map[string]any{"type": "apiKey", "in": "header", "name": auth.TokenHeader, "description": "of GET /session; for changes"},
				"bearer": map[string]any{"type": "http", "scheme": "bearer", "description": "of crackle user token"},
			},
		},
	})
}

var secured = []any{map[string]any{"bearer": []any{}}, map[string]any{"cookie": []any{}}}

func jsonContent(s schema.Schema) map[string]any {
	return map[string]any{"application/json": map[string]any{"schema": s}}
}

func operation(r *route, t *schema.Types, given map[string]any) map[string]any {
	status := r.status
	if status == 0 {
		status = http.StatusOK
	}
	done := map[string]any{"description": "done"}
	switch {
	case r.kind != "":
		done["content"] = map[string]any{r.kind: map[string]any{"schema": schema.Schema{"type": "string", "format": "binary"}}}
	case r.answer != nil:
		done["content"] = jsonContent(r.answer(t, given))
	}
	op := map[string]any{
		"operationId": strings.Trim(strings.ToLower(r.method)+notWord.ReplaceAllString(r.path, "_"), "_"),
		"summary":     r.about,
		"responses":   map[string]any{strconv.Itoa(status): done, "default": map[string]any{"$ref": "#/components/responses/Fault"}},
	}
	params := []any{}
	for _, m := range pathParam.FindAllStringSubmatch(r.path, -1) {
		params = append(params, map[string]any{"name": m[1], "in": "path", "required": true, "schema": schema.Schema{"type": "string"}})
	}
	for _, q := range r.query {
		params = append(params, map[string]any{"name": q.name, "in": "query", "description": q.about, "schema": q.schema})
	}
	if len(params) > 0 {
		op["parameters"] = params
	}
	if r.body != nil {
		op["requestBody"] = map[string]any{"required": true, "content": jsonContent(r.body(t, given))}
	}
	switch {
	case r.role == auth.Nobody:
		op["security"] = []any{}
	case r.method == http.MethodGet:
		op["security"] = secured
	default:
		op["security"] = []any{map[string]any{"bearer": []any{}}, map[string]any{"cookie": []any{}, "token": []any{}}}
	}
	if r.role > auth.Nobody {
		op["x-crackle-role"] = fmt.Sprint(r.role)
	}
	return op
}

func (h *Handler) openAPI(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Write(h.description)
}
