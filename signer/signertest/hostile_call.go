package signertest

import (
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer"
)

// createUnder makes the suite's key with one text of its policy replaced.
func createUnder(t *testing.T, h Harness, old, replacement string) {
	t.Helper()
	policy := strings.Replace(Policy(Name), old, replacement, 1)
	require.NotEqual(t, Policy(Name), policy, "nothing was replaced")
	_, err := h.Custody.Create(t.Context(), signer.NewKey{Name: Name, Class: signer.Containment, Policy: policy, Guardians: Guardians(Name)})
	require.NoError(t, err)
}

// neverSigned are functions that move value, change authority or code, run
// other calls, or undo a containment.
func neverSigned() []string {
	return strings.Fields(`transfer(address,uint256) transferFrom(address,address,uint256) approve(address,uint256)
increaseAllowance(address,uint256) permit(address,address,uint256,uint256,uint8,bytes32,bytes32)
setApprovalForAll(address,bool) transferOwnership(address) acceptOwnership() renounceOwnership()
grantRole(bytes32,address) upgradeTo(address) upgradeToAndCall(address,bytes) mint(address,uint256) burn(uint256)
withdraw(uint256) execute(bytes32,bytes) execute(address,uint256,bytes) executeBatch((address,uint256,bytes)[])
delegate(address) delegatecall(address,bytes) multicall(bytes[]) unpause() unfreeze(address) unBlacklist(address)
execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)
execTransactionFromModule(address,uint256,bytes,uint8) enableModule(address) destroyBlackFunds(address)`)
}

func hostileCalls() []hostile {
	blacklist := Call("blacklist(address)", Core)
	dirty := append([]byte{}, blacklist...)
	dirty[4] = 0x80
	limit := func(args ...any) signer.Request {
		return Request(Core, 0, Call("setWithdrawalLimit(uint256,uint256)", args...))
	}
	inner := common.RightPadBytes(Call("pause()"), 32)
	wrapped := append(Call("multicall(bytes[])", 32, 1, 32, 4), inner...)
	module := append(Call("execTransactionFromModule(address,uint256,bytes,uint8)", Core, 0, 128, 0, 4), inner...)
	tail := Call("blacklist(address)", 32, 1, Core)
	cases := []hostile{
		{"an unlisted function", signer.CodeNoRule, plain(Request(Core, 0, Call("halt()")))},
		{"a listed function on another contract", signer.CodeNoRule, plain(Pause(Token, 0))},
		{"another listed function of the same contract", signer.CodeNoRule, plain(Request(Vault, 0, Call("shutdown()")))},
		{"the selector of nobody", signer.CodeNoRule, plain(Request(Core, 0, make([]byte, 4)))},
		{"a multicall around pause", signer.CodeForbiddenSelector, plain(Request(Core, 0, wrapped))},
		{"a multicall with another offset", signer.CodeForbiddenSelector, plain(Request(Core, 0, append(Call("multicall(bytes[])", 64, 0, 1, 32, 4), inner...)))},
		{"a module call around pause", signer.CodeForbiddenSelector, plain(Request(Core, 0, module))},
		{"a pause with a trailing byte", signer.CodeNotCanonical, plain(Request(Core, 0, append(Call("pause()"), 0)))},
		{"a pause with a trailing call", signer.CodeNotCanonical, plain(Request(Core, 0, append(Call("pause()"), Call("unpause()")...)))},
		{"one byte of data", signer.CodeNotCanonical, plain(Request(Core, 0, Call("pause()")[:1]))},
		{"two bytes of data", signer.CodeNotCanonical, plain(Request(Core, 0, Call("pause()")[:2]))},
		{"three bytes of data", signer.CodeNotCanonical, plain(Request(Core, 0, Call("pause()")[:3]))},
		{"no data", signer.CodeNotCanonical, plain(Request(Core, 0, nil))},
		{"more data than any call has", signer.CodeMalformed, plain(Request(Core, 0, make([]byte, signer.MaxData+1)))},
		{"a dirty upper bit in an address", signer.CodeNotCanonical, plain(Request(Token, 0, dirty))},
		{"an address behind a dynamic offset", signer.CodeNotCanonical, plain(Request(Token, 0, tail))},
		{"a missing argument", signer.CodeNotCanonical, plain(Request(Token, 0, blacklist[:4]))},
		{"half an argument", signer.CodeNotCanonical, plain(Request(Token, 0, blacklist[:20]))},
		{"a protected address", "ARG:0", plain(Request(Token, 0, Call("blacklist(address)", Safe)))},
		{"a number above lte", "ARG:0", plain(limit(1001, 3600))},
		{"the largest number above lte", "ARG:0", plain(Request(Core, 0, append(append(Call("setWithdrawalLimit(uint256,uint256)"), common.MaxHash[:]...), Call("", 3600)[4:]...)))},
		{"another number than eq", "ARG:1", plain(limit(1000, 3601))},
		{"one where zero is allowed", "ARG:0", under(`{"lte":"1000"}`, `{"eq":"0"}`, limit(1, 3600))},
		{"a number that is not lt", "ARG:0", under(`{"lte":"1000"}`, `{"lt":"1000"}`, limit(1000, 3600))},
		{"a number that in does not list", "ARG:0", under(`{"lte":"1000"}`, `{"in":["5","7"]}`, limit(6, 3600))},
		{"a value that releases a reserve", "ARG:1", plain(Request(Core, 0, Call("setReservePause(address,bool)", Token, 0)))},
		{"a value that reopens a minter", "ARG:1", plain(Request(Token, 0, Call("configureMinter(address,uint256)", Core, 1)))},
		{"a cap of zero, which means none", "ARG:1", plain(Request(Core, 0, Call("setSupplyCap(address,uint256)", Token, 0)))},
		{"no target", signer.CodeCreate, plain(Request("", 0, Call("pause()")))},
		{"chain zero", signer.CodeChain, plain(onChain(0))},
		{"another chain", signer.CodeChain, plain(onChain(137))},
		{"a chain beyond EIP-2294", signer.CodeChain, plain(onChain(math.MaxUint64))},
		{"another key's name in upper case", signer.CodeMalformed, plain(keyed("RESPONDER-1"))},
		{"an escaped path as a key", signer.CodeMalformed, plain(keyed("responder-1%2fpolicy"))},
		{"a parent path as a key", signer.CodeMalformed, plain(keyed("../responder-1"))},
		{"a reason of control characters", signer.CodeMalformed, plain(reasoned("a\x00b"))},
	}
	for _, signature := range neverSigned() {
		call := Request(Core, 0, append(Call(signature), make([]byte, 320)...))
		cases = append(cases, hostile{"calls " + signature, signer.CodeForbiddenSelector, plain(call)})
	}
	return cases
}

func onChain(id uint64) signer.Request {
	r := Pause(Core, 0)
	r.ChainID = id
	return r
}

func keyed(name string) signer.Request {
	r := Pause(Core, 0)
	r.Key = name
	return r
}

func reasoned(reason string) signer.Request {
	r := Pause(Core, 0)
	r.Reason = reason
	return r
}

func wei(maxFee, tip int64) func(*signer.Request) {
	return func(r *signer.Request) {
		r.MaxFeePerGas, r.MaxPriorityFeePerGas = big.NewInt(maxFee), big.NewInt(tip)
	}
}
