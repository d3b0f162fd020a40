package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/firebreak-project/firebreak/submitter/submittertest"
)

// node serves a scripted endpoint over HTTP, as a real one is reached.
type node struct {
	endpoint *submittertest.Endpoint
	latency  time.Duration
	hang     bool
	over     chan struct{} // closed when the servers stop
}

type call struct {
	ID     json.RawMessage   `json:"id"`
	Method string            `json:"method"`
	Params []json.RawMessage `json:"params"`
}

type said struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *complaint      `json:"error,omitempty"`
}

type complaint struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

// ServeHTTP carries out one call, late, or never.
func (n *node) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var c call
	if err := json.NewDecoder(r.Body).Decode(&c); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	wait := time.NewTimer(n.latency)
	defer wait.Stop()
	expired := wait.C
	if n.hang {
		expired = nil
	}
	select {
	case <-expired:
	case <-r.Context().Done():
		return
	case <-n.over:
		return
	}
	answer := said{Version: "2.0", ID: c.ID}
	var result json.RawMessage
	args, err := arguments(c)
	if err == nil {
		err = n.endpoint.CallContext(r.Context(), &result, c.Method, args...)
	}
	answer.Result = result
	if err != nil {
		answer.Error = &complaint{Code: -32000, Message: err.Error()}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer) // a client that has gone is its own affair
}

// arguments turns JSON into what the scripted endpoint takes, which is what a Go
// client hands over.
func arguments(c call) ([]any, error) {
	var args []any
	for i, raw := range c.Params {
		arg, err := argument(c.Method, i, raw)
		if err != nil {
			return nil, fmt.Errorf("%s: argument %d: %w", c.Method, i, err)
		}
		args = append(args, arg)
	}
	return args, nil
}

func argument(method string, i int, raw json.RawMessage) (any, error) {
	var text string
	isText := json.Unmarshal(raw, &text) == nil
	switch {
	case isText && i == 0 && (method == "eth_getTransactionReceipt" || method == "eth_getTransactionByHash"):
		return common.HexToHash(text), nil
	case isText && i == 0 && (method == "eth_getTransactionCount" || method == "eth_getBalance" || method == "eth_getCode"):
		return common.HexToAddress(text), nil
	case isText && strings.HasPrefix(text, "0x") && method != "eth_sendRawTransaction":
		n, err := hexutil.DecodeUint64(text)
		return hexutil.Uint64(n), err
	case isText:
		return text, nil
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(raw, &object) != nil {
		return raw, nil // a flag, or the percentiles of a fee history
	}
	return message(object)
}

// message is the object of an eth_call, or the block it names by hash.
func message(object map[string]json.RawMessage) (any, error) {
	m := map[string]any{}
	var errs []error
	for name, raw := range object {
		var err error
		switch name {
		case "to", "from":
			m[name], err = decoded[common.Address](raw)
		case "data", "input":
			m[name], err = decoded[hexutil.Bytes](raw)
		case "blockHash":
			m[name], err = decoded[common.Hash](raw)
		}
		errs = append(errs, err)
	}
	return m, errors.Join(errs...)
}

func decoded[T any](raw json.RawMessage) (v T, err error) {
	err = json.Unmarshal(raw, &v)
	return v, err
}
