package app

import (
	"context"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/firebreak-project/firebreak/contracts"
	"github.com/firebreak-project/firebreak/playbooks"
)

// codeSight is the code of a contract as one endpoint sees it, and the code
// that does its work where it is a proxy.
type codeSight struct {
	size int
	hash common.Hash
	// impl is what it points to; zero: nothing that is known of. how says in
	// which way.
	impl     common.Address
	how      string
	implHash common.Hash
	work     []byte // the code that answers calls: the implementation's, or its own
	hidden   bool   // it runs other code, and it is not known whose
}

// id tells sights apart.
func (c codeSight) id() [3]any { return [3]any{c.hash, c.impl, c.implHash} }

// codeAt reads a contract's code, and its implementation's.
func (s *sight) codeAt(ctx context.Context, e *rpcSight, contract playbooks.Contract) (codeSight, error) {
	code, err := ask[hexutil.Bytes](ctx, s, e, "eth_getCode", contract.Address, "latest")
	if err != nil || len(code) == 0 {
		return codeSight{}, err
	}
	c := codeSight{size: len(code), hash: crypto.Keccak256Hash(code), work: code}
	if !contracts.Delegates(code) && contract.Implementation == (common.Address{}) {
		return c, nil
	}
	if c.impl, c.how, err = s.pointsTo(ctx, e, contract.Address, code); err != nil {
		return c, err
	}
	if c.impl == (common.Address{}) {
		c.hidden = true
		return c, nil
	}
	work, err := ask[hexutil.Bytes](ctx, s, e, "eth_getCode", c.impl, "latest")
	if err != nil {
		return c, err
	}
	c.work, c.implHash = work, crypto.Keccak256Hash(work)
	return c, nil
}

// pointsTo finds the implementation of a proxy: written into a clone, in the
// slot of EIP-1967, or behind the beacon of that. Zero where it is none of these.
func (s *sight) pointsTo(ctx context.Context, e *rpcSight, at common.Address, code []byte) (common.Address, string, error) {
	if impl, ok := contracts.MinimalProxy(code); ok {
		return impl, "a clone of", nil
	}
	word, err := ask[hexutil.Bytes](ctx, s, e, "eth_getStorageAt", at, contracts.ImplementationSlot, "latest")
	if impl := common.BytesToAddress(word); err != nil || impl != (common.Address{}) {
		return impl, "a proxy to", err
	}
	word, err = ask[hexutil.Bytes](ctx, s, e, "eth_getStorageAt", at, contracts.BeaconSlot, "latest")
	beacon := common.BytesToAddress(word)
	if err != nil || beacon == (common.Address{}) {
		return common.Address{}, "", err
	}
	id := contracts.Selector("implementation()")
	word, err = ask[hexutil.Bytes](ctx, s, e, "eth_call", map[string]any{"to": beacon, "data": hexutil.Bytes(id[:])}, "latest")
	if err != nil {
		return common.Address{}, "", err
	}
	impl, err := contracts.DecodeAddress(word)
	if err != nil {
		return common.Address{}, "", nil // a beacon of another kind: hidden
	}
	return impl, fmt.Sprintf("a proxy by beacon %s to", beacon), nil
}

// changed says in what the code is not what the inventory pins; empty when it
// is all of it. Nothing is held against what is not pinned.
func (c codeSight) changed(pinned playbooks.Contract) (found, mend string) {
	key := "contracts." + pinned.Name
	mend = "find out who changed it and why, and read what its functions do now; then write the new %s into %s of the inventory"
	switch {
	case pinned.CodeHash != (common.Hash{}) && c.hash != pinned.CodeHash:
		return fmt.Sprintf("the code of %s has hash %s, and the inventory pins %s: it is another contract than the playbooks were written for", pinned.Address, c.hash, pinned.CodeHash),
			fmt.Sprintf(mend, "code_hash", key)
	case pinned.Implementation == (common.Address{}):
		return "", ""
	case c.impl == (common.Address{}):
		return fmt.Sprintf("%s points to no implementation that can be found (EIP-1967), and the inventory pins %s", pinned.Address, pinned.Implementation),
			"take implementation out of " + key + " if it is no proxy, or compare the address"
	case c.impl != pinned.Implementation:
		return fmt.Sprintf("%s is %s %s now, and the inventory pins %s: it was upgraded", pinned.Address, c.how, c.impl, pinned.Implementation),
			fmt.Sprintf(mend, "implementation", key)
	case pinned.ImplementationHash != (common.Hash{}) && c.implHash != pinned.ImplementationHash:
		return fmt.Sprintf("the code of the implementation %s has hash %s, and the inventory pins %s", c.impl, c.implHash, pinned.ImplementationHash),
			fmt.Sprintf(mend, "implementation.code_hash", key)
	}
	return "", ""
}

// words say what is there.
func (c codeSight) words(at common.Address) string {
	text := fmt.Sprintf("%s has %d bytes of code, hash %s", at, c.size, c.hash)
	if c.impl != (common.Address{}) {
		text += fmt.Sprintf("; it is %s %s, whose code has hash %s", c.how, c.impl, c.implHash)
	}
	return text
}

// judgeCode says of a contract that all endpoints see alike what it is, and
// whether the interface can change under the playbooks unnoticed.
func judgeCode(p *page, contract playbooks.Contract, c codeSight) {
	check := "contract " + contract.Name
	pin := fmt.Sprintf("write implementation: {address: %q, code_hash: %q} into contracts.%s of the inventory", c.impl, c.implHash, contract.Name)
	switch {
	case c.impl != (common.Address{}) && len(c.work) == 0:
		p.fail(check, "ask its owner; as it is, calls succeed and do nothing", "%s is %s %s, which has no code", contract.Address, c.how, c.impl)
	case c.impl != (common.Address{}) && contract.Implementation == (common.Address{}):
		p.warn(check, pin, "%s; the inventory does not pin that, so an upgrade would go unnoticed", c.words(contract.Address))
	default:
		p.ok(check, "%s", c.words(contract.Address))
	}
}
