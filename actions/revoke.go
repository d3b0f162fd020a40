package actions

import (
	"fmt"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/contracts"
)

// revokeRole takes one role from one account, with OpenZeppelin's
// AccessControl. Revoking what is not held succeeds and changes nothing.
type revokeRole struct{}

func (revokeRole) Info() Info {
	return Info{
		Verb:     "revoke-role",
		Families: []string{openZeppelin},
		Does:     "take one role from one account",
		Stops:    "the account from calling what only holders of the role may call",
		Spares:   "what the account has done already, its other roles, other holders of the role, other contracts and other chains",
		Never: "revoke DEFAULT_ADMIN_ROLE, which nobody might be able to give back; take a role from a contract, token or " +
			"signer of the inventory or from a protected account: that would cut off those who can help",
		Function: "revokeRole(bytes32,address)",
		Undo:     "grantRole(bytes32,address)",
		Gas:      100_000,
		Takes: []Parameter{
			{Name: "role", Type: TypeRole, Words: "the role, by the name whose hash the contract uses"},
			{Name: "account", Type: TypeAddress, Words: "the account that loses it"},
		},
		Views:  []string{"hasRole(bytes32,address) returns (bool)", "getRoleAdmin(bytes32) returns (bytes32)"},
		Beyond: true,
		Verify: true,
	}
}

func (r revokeRole) Prepare(target Target, args Args) (Prepared, error) {
	info := r.Info()
	if err := firstError(target.check(info.Verb), args.check(info.Verb, info.Takes)); err != nil {
		return Prepared{}, err
	}
	role, account := args["role"].role, args["account"].address
	if role == contracts.DefaultAdminRole {
		return Prepared{}, Refusal{Verb: info.Verb, Why: "DEFAULT_ADMIN_ROLE administers all roles, and revoking the last one is for ever",
			Mend: "let the administrators do it, by their own multisig"}
	}
	if err := mayCut(info.Verb, target, account); err != nil {
		return Prepared{}, err
	}
	data := contracts.RevokeRole(contracts.Role(role), account)
	words, err := decoded(info.Verb, info.Function, data)
	if err != nil {
		return Prepared{}, err
	}
	view := fmt.Sprintf("hasRole(%s, %s)", role, account.Hex())
	return Prepared{
		Data: data, Function: info.Function, Args: words,
		Goal: boolCheck(target, view, contracts.HasRoleQuery(contracts.Role(role), account), false),
		Effect: fmt.Sprintf("Takes %s on %s on %s from %s. Stops %s. Does not stop: %s.",
			role, target.Name, target.Chain, account.Hex(), info.Stops, info.Spares),
		Undo: info.Undo + " by the role's administrators, outside of Firebreak: no key of a responder may grant.",
	}, nil
}

// Loosen is refused: granting is signed by no key of a responder.
func (r revokeRole) Loosen(Target, Args) (Loosening, error) {
	return Loosening{}, Refusal{Verb: r.Info().Verb, Why: "giving a role back is a grant, which no key of a responder may sign",
		Mend: "let the role's administrators call " + r.Info().Undo}
}

// revokeIssuer takes a claim issuer off ERC-3643's list of trusted ones.
// Removing one that is not trusted reverts, so it is read first.
type revokeIssuer struct{}

func (revokeIssuer) Info() Info {
	return Info{
		Verb:     "revoke-issuer",
		Families: []string{erc3643},
		Does:     "stop trusting one issuer of identity claims",
		Stops:    "every claim of the issuer from counting, those that it has made already included",
		Spares:   "transfers that went through already, other issuers, identities that hold claims of others, and other registries",
		Never:    "remove an issuer that is a contract, token or signer of the inventory, or a protected account",
		Function: "removeTrustedIssuer(address)",
		Undo:     "addTrustedIssuer(address,uint256[])",
		Gas:      150_000,
		Takes:    []Parameter{{Name: "issuer", Type: TypeAddress, Words: "the issuer whose key has leaked"}},
		Views:    []string{"isTrustedIssuer(address) returns (bool)"},
		Beyond:   true,
		Verify:   true,
	}
}

func (r revokeIssuer) Prepare(target Target, args Args) (Prepared, error) {
	info := r.Info()
	if err := firstError(target.check(info.Verb), args.check(info.Verb, info.Takes)); err != nil {
		return Prepared{}, err
	}
	issuer := args["issuer"].address
	if err := mayCut(info.Verb, target, issuer); err != nil {
		return Prepared{}, err
	}
	data := contracts.RemoveTrustedIssuer(issuer)
	words, err := decoded(info.Verb, info.Function, data)
	if err != nil {
		return Prepared{}, err
	}
	view := fmt.Sprintf("isTrustedIssuer(%s)", issuer.Hex())
	return Prepared{
		Data: data, Function: info.Function, Args: words,
		Goal: boolCheck(target, view, contracts.IsTrustedIssuerQuery(issuer), false),
		Effect: fmt.Sprintf("Stops trust in %s at %s on %s. Stops %s. Does not stop: %s.",
			issuer.Hex(), target.Name, target.Chain, info.Stops, info.Spares),
		Undo: info.Undo + " by the registry's owner, outside of Firebreak: people choose the topics anew.",
	}, nil
}

// Loosen is refused: which topics an issuer may speak about is no argument that
// Firebreak has.
func (r revokeIssuer) Loosen(Target, Args) (Loosening, error) {
	return Loosening{}, Refusal{Verb: r.Info().Verb, Why: "trusting an issuer again needs a choice of topics",
		Mend: "let the registry's owner call " + r.Info().Undo}
}

// mayCut refuses accounts whose rights must not be taken on a detector's word.
func mayCut(verb string, target Target, account common.Address) error {
	why, protected := target.Protected[account]
	switch {
	case target.Protected == nil:
		return Refusal{Verb: verb, Why: "nobody said which accounts are protected", Mend: "load an inventory"}
	case account == common.Address{}:
		return Refusal{Verb: verb, Why: "the zero address holds nothing"}
	case account == target.Address:
		return Refusal{Verb: verb, Why: account.Hex() + " is the contract itself", Mend: "check the alert"}
	case protected:
		return Refusal{Verb: verb, Why: account.Hex() + " is protected: " + why, Mend: "check the alert; do it by hand if it is truly meant"}
	}
	return nil
}
