package signer

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
)

type wireKey struct {
	Name             string            `json:"name"`
	Address          *common.Address   `json:"address"`
	PublicKey        hexutil.Bytes     `json:"public_key"`
	Class            Class             `json:"class"`
	State            State             `json:"state"`
	PolicyVersion    uint64            `json:"policy_version"`
	PolicyHash       *common.Hash      `json:"policy_hash"`
	InstanceID       *common.Hash      `json:"instance_id"`
	Seq              uint64            `json:"seq"`
	Nonces           map[string]string `json:"nonces"`
	SpentDay         map[string]string `json:"spent_day"`
	Windows          []wireWindow      `json:"windows"`
	Epoch            uint64            `json:"epoch"`
	FrozenReason     string            `json:"frozen_reason"`
	ReceiptHead      *common.Hash      `json:"receipt_head"`
	ChangeNeed       uint64            `json:"change_need"`
	GuardiansVersion uint64            `json:"guardians_version"`
	GuardiansHash    *common.Hash      `json:"guardians_hash"`
	Guardians        []string          `json:"guardians"`
	Pending          *wirePending      `json:"pending"`
}

type wirePending struct {
	What          string      `json:"what"`
	Version       uint64      `json:"version"`
	Hash          common.Hash `json:"hash"`
	Digest        common.Hash `json:"digest"`
	ActivateAfter uint64      `json:"activate_after"`
	Loosens       bool        `json:"loosens"`
	Summary       string      `json:"summary"`
	ApprovedBy    []string    `json:"approved_by"`
}

type wireWindow struct {
	Rule   string          `json:"rule"`
	To     *common.Address `json:"to,omitempty"`
	Window string          `json:"window"`
	Max    uint64          `json:"max"`
	Used   uint64          `json:"used"`
}

// Fields gives the reply of the plugin's key path.
func (k KeyInfo) Fields() map[string]any {
	nonces, spent := map[string]any{}, map[string]any{}
	for _, n := range k.Nonces {
		chain := strconv.FormatUint(n.ChainID, 10)
		nonces[chain] = strconv.FormatUint(n.Next, 10)
		spent[chain] = orZero(n.SpentDay).String()
	}
	windows := make([]any, 0, len(k.Windows))
	for _, w := range k.Windows {
		window := map[string]any{
			"rule": w.Rule, "window": w.Every.String(), "max": w.Max, "used": w.Used,
		}
		if w.To != nil {
			window["to"] = w.To.Hex()
		}
		windows = append(windows, window)
	}
	fields := map[string]any{
		"name": k.Name, "address": k.Address.Hex(), "public_key": hexutil.Encode(k.PublicKey),
		"class": string(k.Class), "state": string(k.State),
		"policy_version": k.PolicyVersion, "policy_hash": k.PolicyHash.Hex(),
		"instance_id": k.InstanceID.Hex(), "seq": k.Seq,
		"nonces": nonces, "spent_day": spent, "windows": windows,
		"epoch": k.Epoch, "frozen_reason": k.FrozenReason, "receipt_head": k.ReceiptHead.Hex(),
		"change_need": k.ChangeNeed, "guardians_version": k.GuardiansVersion,
		"guardians_hash": k.GuardiansHash.Hex(), "guardians": k.Guardians,
	}
	if p := k.Pending; p != nil {
		fields["pending"] = map[string]any{
			"what": p.What, "version": p.Version, "hash": p.Hash.Hex(), "digest": p.Digest.Hex(),
			"activate_after": p.ActivateAfter, "loosens": p.Loosens, "summary": p.Summary, "approved_by": p.ApprovedBy,
		}
	}
	return fields
}

// ParseKeyInfo reads the reply of the key path. An unknown state is not
// active, and a reply without an address or a state is an error.
func ParseKeyInfo(data []byte) (KeyInfo, error) {
	var w wireKey
	if err := decodeReply(data, &w); err != nil {
		return KeyInfo{}, err
	}
	if w.Name == "" || w.Address == nil || w.Class == "" || w.State == "" || w.PolicyHash == nil || w.InstanceID == nil || w.ReceiptHead == nil || w.GuardiansHash == nil {
		return KeyInfo{}, fmt.Errorf("read reply: a field is missing")
	}
	info := KeyInfo{
		Name: w.Name, Address: *w.Address, PublicKey: w.PublicKey, Class: w.Class, State: w.State,
		PolicyVersion: w.PolicyVersion, PolicyHash: *w.PolicyHash, InstanceID: *w.InstanceID, Seq: w.Seq,
		Epoch: w.Epoch, FrozenReason: w.FrozenReason, ReceiptHead: *w.ReceiptHead, ChangeNeed: w.ChangeNeed,
		GuardiansVersion: w.GuardiansVersion, GuardiansHash: *w.GuardiansHash, Guardians: w.Guardians,
	}
	if w.Pending != nil {
		info.Pending = new(Pending(*w.Pending))
	}
	for _, chain := range slices.Sorted(maps.Keys(w.Nonces)) {
		id, err := strconv.ParseUint(chain, 10, 64)
		next, err2 := strconv.ParseUint(w.Nonces[chain], 10, 64)
		spent, ok := new(big.Int).SetString(w.SpentDay[chain], 10)
		if err != nil || err2 != nil || !ok {
			return KeyInfo{}, fmt.Errorf("read reply: a nonce or a spent amount is not a number")
		}
		info.Nonces = append(info.Nonces, NextNonce{ChainID: id, Next: next, SpentDay: spent})
	}
	for _, window := range w.Windows {
		every, err := time.ParseDuration(window.Window)
		if err != nil {
			return KeyInfo{}, fmt.Errorf("read reply: a window is not a duration")
		}
		info.Windows = append(info.Windows, Window{
			Rule: window.Rule, To: window.To, Every: every, Max: window.Max, Used: window.Used,
		})
	}
	return info, nil
}

// ParseDocument reads the reply of a document's path.
func ParseDocument(data []byte, what What) (Document, error) {
	var w map[string]json.RawMessage
	if err := decodeReply(data, &w); err != nil {
		return Document{}, err
	}
	var d Document
	for field, into := range map[string]any{string(what): &d.Text, "version": &d.Version, "hash": &d.Hash} {
		if err := json.Unmarshal(w[field], into); err != nil {
			return Document{}, fmt.Errorf("read reply: %s is missing or of another type", field)
		}
	}
	return d, nil
}
