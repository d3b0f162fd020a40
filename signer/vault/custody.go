package vault

import (
	"context"
	"strconv"

	"github.com/firebreak-project/firebreak/signer"
)

var _ signer.Custodian = (*Client)(nil)

// Create implements signer.Custodian. It is asked again like everything else:
// a first attempt that landed makes the second one a refusal with EXISTS, so
// the caller reads the key then.
func (c *Client) Create(ctx context.Context, k signer.NewKey) (signer.KeyInfo, error) {
	return c.named(ctx, k.Name, c.config.Mount+"/keys/"+k.Name, k.Fields())
}

// Change implements signer.Custodian.
func (c *Client) Change(ctx context.Context, ch signer.Change) (signer.KeyInfo, error) {
	return c.named(ctx, ch.Key, c.config.Mount+"/"+ch.Path(), ch.Fields())
}

func (c *Client) named(ctx context.Context, name, path string, body map[string]any) (signer.KeyInfo, error) {
	if !signer.ValidKeyName(name) {
		return signer.KeyInfo{}, signer.Refuse(signer.CodeMalformed, "not a valid key name")
	}
	return c.key(ctx, name, path, body)
}

// Document implements signer.Custodian.
func (c *Client) Document(ctx context.Context, name string, what signer.What) (signer.Document, error) {
	if !signer.ValidKeyName(name) {
		return signer.Document{}, signer.Refuse(signer.CodeMalformed, "not a valid key name")
	}
	data, err := c.call(ctx, c.config.Mount+"/keys/"+name+"/"+string(what), nil)
	if err != nil {
		return signer.Document{}, err
	}
	return signer.ParseDocument(data, what)
}

// Receipt returns the receipt of one signature.
func (c *Client) Receipt(ctx context.Context, name string, seq uint64) (signer.Receipt, error) {
	if !signer.ValidKeyName(name) {
		return signer.Receipt{}, signer.Refuse(signer.CodeMalformed, "not a valid key name")
	}
	data, err := c.call(ctx, c.config.Mount+"/receipts/"+name+"/"+strconv.FormatUint(seq, 10), nil)
	if err != nil {
		return signer.Receipt{}, err
	}
	return signer.ParseReceipt(data)
}
