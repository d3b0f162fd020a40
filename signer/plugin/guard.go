package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"

	"github.com/hashicorp/vault/sdk/framework"
	"github.com/hashicorp/vault/sdk/logical"

	"github.com/firebreak-project/firebreak/signer"
)

// keyPattern matches the names that signer.ValidKeyName accepts, so that
// upper case, escapes and dots do not even find a path.
const keyPattern = `(?P<name>[a-z0-9][a-z0-9-]{1,62})`

// errInternal is all that a caller learns of a fault in this plugin.
var errInternal = errors.New("internal error; see the plugin's log")

// HandleRequest stands in front of the framework, which would convert types,
// ignore unknown fields and let a panic kill the process that every mount
// shares.
func (b *backend) HandleRequest(ctx context.Context, req *logical.Request) (resp *logical.Response, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			// The cause's text could hold input; its type and place cannot.
			b.Logger().Error("panic in request handler", "operation", req.Operation,
				"cause", fmt.Sprintf("%T", cause), "stack", string(debug.Stack()))
			resp, err = nil, errInternal
		}
	}()
	if refusal := b.strict(req); refusal != nil {
		return refuse(refusal), nil
	}
	return b.Backend.HandleRequest(ctx, req)
}

// strict refuses a write with a field that the path does not declare or of
// another type than declared. It compares the body itself: the framework only
// warns, and Vault's ACL does not see what is left out.
func (b *backend) strict(req *logical.Request) *signer.Refusal {
	if req.Operation != logical.UpdateOperation && req.Operation != logical.CreateOperation {
		return nil
	}
	path := b.Route(req.Path)
	if path == nil {
		return nil // the framework answers 404
	}
	for _, field := range slices.Sorted(maps.Keys(req.Data)) {
		schema := path.Fields[field]
		if schema == nil || field == "name" {
			known := slices.DeleteFunc(slices.Sorted(maps.Keys(path.Fields)), func(s string) bool { return s == "name" })
			return signer.Refuse(signer.CodeMalformed, "the body has an unknown field; known: %v", known)
		}
		if !typed(field, schema.Type, req.Data[field]) {
			return signer.Refuse(signer.CodeMalformed, "%s must be a JSON %s", field, schema.Type)
		}
	}
	return nil
}

func typed(field string, want framework.FieldType, value any) bool {
	switch value.(type) {
	case string:
		return want == framework.TypeString
	case []any:
		return want == framework.TypeSlice
	case json.Number, int, float64:
		return field == "type" // 2 or "2"; see parser.fixed
	}
	return false
}

// refuse gives the reply of a refusal: HTTP 400, which clients do not retry,
// with the code where programs find it. A Go error would be a 500, which they
// do retry.
func refuse(r *signer.Refusal) *logical.Response {
	resp := logical.ErrorResponse(r.Error())
	resp.Data["data"] = map[string]any{"code": r.Code, "rule": r.Rule, "reason": r.Reason}
	return resp
}

func noKey() *logical.Response {
	return refuse(signer.Refuse(signer.CodeNoKey, "there is no key of this name; create it first"))
}

func nameField() *framework.FieldSchema {
	return &framework.FieldSchema{Type: framework.TypeString, Description: "Name of the key.", Required: true}
}
