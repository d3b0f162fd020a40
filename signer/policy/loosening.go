package policy

import (
	"math/big"
	"strings"
)

// looseningSignatures undo a containment or switch a protection off. A
// containment key never signs them. A recovery key may, when its policy names
// them and guardians have signed.
func looseningSignatures() []string {
	return strings.Fields(`
unpause() unpause(address) unpause(uint256) unpause(bytes32) unpause(string) unpause(address[])
unpauseUntil() unpauseDeposits() unpauseVault() unpausePool(address) unpauseVaultBuffers() unpauseAll()
unPause() emergencyUnpause() setUnpaused() setUnpause() resume() resume(address) resumeStaking()
reactivate() restart() reopen() start() unfreeze() unfreeze(address) unfreezeBatch(address[])
unfreezeAccount(address) thaw(address) unlock() unlock(address) emergencyUnlock((uint64,address[],address[],uint64[]),(uint64,address[],uint64[]),(uint256,uint256,uint8)[],uint64)
unBlacklist(address) unblacklist(address) removeBlackList(address) removeBlacklist(address)
removeFromBlacklist(address) removeFromBlacklist(address,bool) unblacklistUser(address)
unblock(address) unblockUser(address) removeFromBlocklist(address) removeFromDenylist(address)
unban(address) uncurse(bytes16) uncurse(bytes16[]) unvoteEmergencyLock() unhalt() unseal()
removeStakingLimit() setUnlimitedRateLimitData(bytes32) overrideRateLimit() startGracePeriod(uint256)
setFeatureFlagAllowAll(bytes32,bool) setPausedUnpaused(bool) changeSphereXEngine(address)
removeRateLimit() removeRateLimit(bytes32) disableRateLimit() removeLimit() disableWithdrawalLimit()
removeWithdrawalLimit() setThreshold(uint8)
`)
}

func looseningWords() []string {
	return strings.Fields(`unpause unfreeze unblock unblacklist unlist undeny unlock uncurse unban unhalt
unstop unsuspend unseal unvote unrestrict emergencyunpause emergencyunlock setunpause setunlimited
resume reactivate restart reopen thaw release liftpause liftban removeblack removeblock removedeny
removefromblack removefromblock removefromdeny removestakinglimit removeratelimit removelimit
removewithdrawallimit disablelimit disableratelimit disablewithdrawallimit disablepause override
startgraceperiod setpausedunpaused changespherexengine whitelist addtowhitelist`)
}

func looseningName(name string) bool {
	return namedBy(name, looseningWords(), []string{"start", "unsafe"})
}

// argumentGuard is a known argument of a known function whose value decides
// the direction of the call.
type argumentGuard struct {
	index int
	value Word
	only  bool // true: only value tightens. false: value loosens.
}

func (g argumentGuard) loosens(w Word) bool { return (w == g.value) != g.only }

// argumentGuards lists functions that contain or release depending on one
// argument. A containment key refuses the releasing value whatever its policy
// says. Sources: Aave v3 PoolConfigurator and Compound II (true pauses; cap 0
// means no cap), Circle configureMinter (any allowance above 0 re-enables a
// minter), Paxos (refill 0 means unlimited), LayerZero setPeer (only 0 cuts),
// Across, OpenZeppelin AccessManager, Ironblocks, Forta, and the common names.
func argumentGuards() map[Selector]argumentGuard {
	guards := map[Selector]argumentGuard{}
	one := wordOf(big.NewInt(1))
	for signature, index := range map[string]int{
		"setReservePause(address,bool)": 1, "setReservePause(address,bool,uint40)": 1,
		"setPoolPause(bool)": 0, "setPoolPause(bool,uint40)": 0,
		"setReserveFreeze(address,bool)": 1, "setReserveLtvzero(address,bool)": 1,
		"_setMintPaused(address,bool)": 1, "_setBorrowPaused(address,bool)": 1,
		"_setTransferPaused(bool)": 0, "_setSeizePaused(bool)": 0,
		"setTargetClosed(address,bool)": 1, "pauseDeposits(bool)": 0, "pauseFills(bool)": 0,
		"setPaused(bool)": 0, "setPause(bool)": 0, "pause(bool)": 0, "setFrozen(bool)": 0,
		"setFrozen(address,bool)": 1, "freeze(address,bool)": 1, "setBlacklist(address,bool)": 1,
		"setBlacklisted(address,bool)": 1, "blacklist(address,bool)": 1,
		"setBlocked(address,bool)": 1, "setDenied(address,bool)": 1,
		"setFeatureFlagDenyAll(bytes32,bool)":             1,
		"setConsumerForbiddenMethod(address,bytes4,bool)": 2,
	} {
		guards[SelectorOf(signature)] = argumentGuard{index: index, value: one, only: true}
	}
	for signature, index := range map[string]int{
		"setReserveBorrowing(address,bool)": 1, "setReserveFlashLoaning(address,bool)": 1,
		"configureMinter(address,uint256)": 1, "configureMinter(uint256)": 0,
		"setPeer(uint32,bytes32)": 1, "setConsumerDryrunStatus(address,bool)": 1,
	} {
		guards[SelectorOf(signature)] = argumentGuard{index: index, only: true}
	}
	for signature, index := range map[string]int{
		"setSupplyCap(address,uint256)": 1, "setBorrowCap(address,uint256)": 1,
		"updateLimitConfig(address,uint256,uint256)": 2, "setCheckpointActivation(bytes4,uint8)": 1,
	} {
		guards[SelectorOf(signature)] = argumentGuard{index: index}
	}
	return guards
}

// limitName reports whether the function sets a limit, so that an unbounded
// number in it could raise the limit.
func limitName(name string) bool {
	plain := plainName(name)
	for _, word := range []string{"limit", "cap", "maxmint", "maxredeem", "refill", "threshold", "quota"} {
		if strings.Contains(plain, word) {
			return true
		}
	}
	return false
}
