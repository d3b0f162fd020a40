package actions

import (
	"fmt"
	"math/bits"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/contracts"
)

// blocklist refuses one account, with the functions of Circle's FiatToken.
// Listing twice succeeds and changes nothing.
type blocklist struct{}

func (blocklist) Info() Info {
	account := Parameter{Name: "account", Type: TypeAddress, Words: "the account to refuse"}
	return Info{
		Verb:     "blocklist",
		Families: []string{openZeppelin},
		Does:     "refuse one account everywhere that asks this registry",
		Stops:    "the account from sending, receiving and spending allowances wherever the registry is asked",
		Spares:   "accounts that it has already paid, tokens that do not ask this registry, other chains, and its native currency",
		Never: "list a contract, token or signer of the inventory, a protected account, the zero address " +
			"or a precompile: that would lock everybody's money, which is what an attacker wants",
		Function: "blacklist(address)",
		Undo:     "unBlacklist(address)",
		Gas:      100_000,
		Takes:    []Parameter{account},
		Restores: []Parameter{account},
		Views:    []string{"isBlacklisted(address) returns (bool)"},
	}
}

func (b blocklist) Prepare(target Target, args Args) (Prepared, error) {
	info := b.Info()
	if err := firstError(target.check(info.Verb), args.check(info.Verb, info.Takes)); err != nil {
		return Prepared{}, err
	}
	account := args["account"].address
	if err := mayBlock(target, account); err != nil {
		return Prepared{}, err
	}
	data := contracts.Blacklist(account)
	words, err := decoded(info.Verb, info.Function, data)
	if err != nil {
		return Prepared{}, err
	}
	view := fmt.Sprintf("isBlacklisted(%s)", account.Hex())
	return Prepared{
		Data: data, Function: info.Function, Args: words,
		Goal: boolCheck(target, view, contracts.IsBlacklistedQuery(account), true),
		Effect: fmt.Sprintf("Stops %s: %s, here %s on %s. Does not stop: %s.",
			account.Hex(), info.Stops, target.Name, target.Chain, info.Spares),
		Undo: fmt.Sprintf("%s by the recovery key, with the recovery quorum. The responder's key cannot.", info.Undo),
	}, nil
}

func (b blocklist) Loosen(target Target, args Args) (Loosening, error) {
	info := b.Info()
	if err := firstError(target.check(info.Verb), args.check(info.Verb, info.Restores)); err != nil {
		return Loosening{}, err
	}
	account := args["account"].address
	data := contracts.UnBlacklist(account)
	words, err := decoded(info.Verb, info.Undo, data)
	if err != nil {
		return Loosening{}, err
	}
	view := fmt.Sprintf("isBlacklisted(%s)", account.Hex())
	return Loosening{
		Data: data, Function: info.Undo, Args: words,
		Goal:   boolCheck(target, view, contracts.IsBlacklistedQuery(account), false),
		Effect: fmt.Sprintf("Lets %s move tokens again wherever %s on %s is asked.", account.Hex(), target.Name, target.Chain),
	}, nil
}

// lastReserved is the last address kept free for precompiles: 0x01 to 0x11 are
// in use, 0x100 is P-256 (EIP-7951), rollups put their own next to it.
const lastReserved = 0x1ff

// mayBlock refuses accounts whose blocking would do the attacker's work. The
// detector chooses the suspects, and a detector can be lied to.
func mayBlock(target Target, account common.Address) error {
	refuse := func(why string) error {
		return Refusal{Verb: "blocklist", Why: account.Hex() + " " + why,
			Mend: "check the alert; block it by hand if it is truly meant"}
	}
	switch {
	case target.Protected == nil:
		return Refusal{Verb: "blocklist", Why: "nobody said which accounts are protected", Mend: "load an inventory"}
	case account == target.Address:
		return refuse("is the registry itself")
	case account.Big().BitLen() <= bits.Len(lastReserved):
		return refuse("is the zero address or a precompile")
	}
	if why, ok := target.Protected[account]; ok {
		return refuse("is protected: " + why)
	}
	return nil
}
