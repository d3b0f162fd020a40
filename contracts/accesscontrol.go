package contracts

import (
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// The calls of OpenZeppelin's AccessControl. Granting what is held and revoking
// what is not change nothing.
const roles = "IRoles"

// Names of the roles of the lab's contracts, for Role.
const (
	DefaultAdminRole = "DEFAULT_ADMIN_ROLE"
	PauserRole       = "PAUSER_ROLE"
	LimiterRole      = "LIMITER_ROLE"
	BlocklisterRole  = "BLOCKLISTER_ROLE"
	RecoveryRole     = "RECOVERY_ROLE"
)

// Role is the id of a role by the convention that contracts follow: the
// Keccak-256 hash of its name, and zero for DEFAULT_ADMIN_ROLE.
func Role(name string) common.Hash {
	if name == DefaultAdminRole {
		return common.Hash{}
	}
	return crypto.Keccak256Hash([]byte(name))
}

// HasRoleQuery is calldata for the view hasRole(bytes32,address); read the
// answer with DecodeBool.
func HasRoleQuery(role common.Hash, account common.Address) []byte {
	return encode(roles, "hasRole", role, account)
}

// RoleAdminQuery is calldata for the view getRoleAdmin(bytes32); read the
// answer with DecodeBytes32.
func RoleAdminQuery(role common.Hash) []byte { return encode(roles, "getRoleAdmin", role) }

// RevokeRole is calldata for revokeRole(bytes32,address).
func RevokeRole(role common.Hash, account common.Address) []byte {
	return encode(roles, "revokeRole", role, account)
}

// GrantRole is calldata for grantRole(bytes32,address), which no key of a
// responder may ever sign; the lab's administrator does.
func GrantRole(role common.Hash, account common.Address) []byte {
	return encode(roles, "grantRole", role, account)
}
