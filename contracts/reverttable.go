package contracts

import (
	"strings"
	"sync"

	"github.com/ethereum/go-ethereum/accounts/abi"
)

// RevertClass is what a revert means for the action that met it.
type RevertClass int

const (
	// RevertUnknown is everything not listed: read the state and ask a person.
	RevertUnknown RevertClass = iota
	// RevertAlreadySo: the wanted state probably holds. Read it again; if it
	// does, that is success. Never retry.
	RevertAlreadySo
	// RevertExpired: the power to act is over. Permanent for this action.
	RevertExpired
	// RevertUnauthorized: the caller's role is gone or was never there.
	// Permanent; never retry.
	RevertUnauthorized
	// RevertBadArguments: the arguments are wrong, or the state has changed
	// since they were built. Read again, build again, approve again.
	RevertBadArguments
	// RevertInnerCall: a call inside the call failed. Simulate that one.
	RevertInnerCall
)

// String is the meaning in words, as it stands in a report.
func (c RevertClass) String() string {
	switch c {
	case RevertAlreadySo:
		return "probably already so: read the state again"
	case RevertExpired:
		return "the power to act has expired"
	case RevertUnauthorized:
		return "role lost or wrong"
	case RevertBadArguments:
		return "arguments wrong, or the state changed since they were built"
	case RevertInnerCall:
		return "the inner call failed: simulate it by itself"
	default:
		return "meaning unknown"
	}
}

// revertErrors are the custom errors that containment calls meet, by class:
// OpenZeppelin, Paxos, Lido, Balancer, Aave, OP, ether.fi, RMN, Morpho, CCIP,
// xERC20, Zodiac and Comet, then those of the lab's own contracts.
var revertErrors = map[RevertClass][]string{
	RevertAlreadySo: {
		"EnforcedPause()", "ExpectedPause()", "AlreadyPaused()", "AlreadyUnPaused()",
		"ResumedExpected()", "VaultPaused()", "PoolPaused(address)",
		"RequireContractIsNotPaused()", "ContractPausedUntil(uint256)",
		"InvalidFreezeState()", "InvalidLtvzeroState()",
		"UserAlreadyBlacklisted(address)", "AlreadyCursed(bytes16)",
	},
	RevertExpired: {
		"VaultPauseWindowExpired()", "PoolPauseWindowExpired(address)",
		"HeartbeatExpired()", "PauserCooldownStillActive()", "PauseIntentExpired()",
	},
	RevertUnauthorized: {
		"AccessControlUnauthorizedAccount(address,bytes32)",
		"OwnableUnauthorizedAccount(address)",
		"AccessManagerUnauthorizedAccount(address,uint64)",
		"Unauthorized()", "SenderNotAllowed()", "SenderNotPauser()", "OnlyPauser()",
		"E_Unauthorized()", "InvalidPauser(address)", "CallerNotPoolOrEmergencyAdmin()",
		"CallerNotRiskOrPoolAdmin()", "CallerNotRiskOrPoolOrEmergencyAdmin()",
		"AccountMissingSupplyControllerRole(address)",
	},
	RevertBadArguments: {
		"InvalidNewPausedStatus()", "AbsoluteCapNotDecreasing()",
		"RelativeCapNotDecreasing()", "InvalidRateLimitRate((bool,uint128,uint128))",
		"DisabledNonZeroRateLimit((bool,uint128,uint128))", "IXERC20_LimitsTooHigh()",
		"ZeroPauseDuration()",
		"WithdrawalLimitNotTighter(uint256,uint256,uint256,uint256)",
		"InvalidWithdrawalWindow(uint256)", "ProtectedAccount(address)",
	},
	RevertInnerCall: {"ModuleTransactionFailed()", "PauseFailed()"},
	// Named, and no containment call meets them: the attacker and the lab's
	// users do.
	RevertUnknown: {
		"WithdrawalLimitExceeded(uint256,uint256)", "BlockOutflowExceeded(uint256,uint256)",
		"BlacklistedAccount(address)", "ExceedsRewards(address,uint256,uint256)",
		"NoShares()", "NotOwner(address)", "NotHandler(address)",
		"ERC20InsufficientBalance(address,uint256,uint256)",
		"ERC20InsufficientAllowance(address,uint256,uint256)",
		"ERC4626ExceededMaxDeposit(address,uint256,uint256)",
		"ERC4626ExceededMaxMint(address,uint256,uint256)",
		"ERC4626ExceededMaxWithdraw(address,uint256,uint256)",
		"ERC4626ExceededMaxRedeem(address,uint256,uint256)",
	},
}

// revertText classes the texts that older contracts revert with, by prefix.
func revertText(text string) RevertClass {
	for _, known := range []struct {
		prefix string
		class  RevertClass
	}{
		{"Pausable: paused", RevertAlreadySo},
		{"Pausable: not paused", RevertAlreadySo},
		{"ALREADY_PAUSED", RevertAlreadySo},
		{"CONTRACT_IS_STOPPED", RevertAlreadySo},
		{"AccessControl: account ", RevertUnauthorized},
		{"Ownable: caller is not the owner", RevertUnauthorized},
		{"GS013", RevertInnerCall},
	} {
		if strings.HasPrefix(text, known.prefix) {
			return known.class
		}
	}
	return RevertUnknown
}

// panicMeaning says what Solidity's Panic(uint256) codes stand for. Source: the
// Solidity documentation, "Panic via assert and Error via require".
func panicMeaning(code uint64) string {
	switch code {
	case 0x00:
		return "compiler-inserted panic"
	case 0x01:
		return "assertion failed"
	case 0x11:
		return "arithmetic overflow or underflow"
	case 0x12:
		return "division by zero"
	case 0x21:
		return "value outside its enum"
	case 0x22:
		return "badly encoded storage bytes"
	case 0x31:
		return "pop of an empty array"
	case 0x32:
		return "index out of bounds"
	case 0x41:
		return "too much memory"
	case 0x51:
		return "call of an uninitialised function"
	default:
		return "unlisted code"
	}
}

// revertError is one custom error, ready to be recognised.
type revertError struct {
	signature string
	inputs    abi.Arguments
	class     RevertClass
}

// knownReverts has the custom errors by selector. Built at first use, never
// changed afterwards.
var knownReverts = sync.OnceValue(func() map[[4]byte]revertError {
	known := make(map[[4]byte]revertError)
	for class, signatures := range revertErrors {
		for _, signature := range signatures {
			known[Selector(signature)] = revertError{signature, errorInputs(signature), class}
		}
	}
	return known
})

// errorInputs are the words that an error's arguments take. A tuple of static
// members is encoded as its members are, so its brackets say nothing here.
func errorInputs(signature string) abi.Arguments {
	_, list, _ := strings.Cut(signature, "(")
	inputs, err := parameters(strings.NewReplacer("(", "", ")", "").Replace(list))
	if err != nil {
		panic("contracts: the table of reverts has " + signature + ": " + err.Error())
	}
	return inputs
}
