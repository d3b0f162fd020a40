package policy

import "strings"

// forbiddenSignatures can be signed by no key under any policy: they move
// value, give allowances, change code, owners or roles, run arbitrary calls, or
// cannot be undone. A selector is the hash of a full signature, so overloads
// are spelt out; forbiddenName catches the ones that are not.
//
// Sources: ERC-20, 721, 777, 1155, 2612, 1363, 4626, 6909; OpenZeppelin Access,
// Ownable, AccessManager, Governor, TimelockController, UUPS, ProxyAdmin; Safe;
// Zodiac; ERC-4337 and 7579; Multicall3; Uniswap and WETH; and the irreversible
// calls of issuers, bridges and breakers.
func forbiddenSignatures() []string {
	return strings.Fields(`
transfer(address,uint256) transfer(address,uint256,bytes) transfer(address,uint256,uint256)
transfer(address,uint256,bytes,string) transfer(address) transfer(uint256)
transferFrom(address,address,uint256) transferFrom(address,address,uint256,bytes)
transferFrom(address,address,uint256,uint256) transferFrom(address,address,uint160,address)
transferAndCall(address,uint256) transferAndCall(address,uint256,bytes)
transferFromAndCall(address,address,uint256) transferFromAndCall(address,address,uint256,bytes)
safeTransfer(address,address,uint256) safeTransfer(address,uint256)
safeTransferFrom(address,address,uint256) safeTransferFrom(address,address,uint256,bytes)
safeTransferFrom(address,address,uint256,uint256,bytes)
safeBatchTransferFrom(address,address,uint256[],uint256[],bytes)
transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)
transferWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)
receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,uint8,bytes32,bytes32)
receiveWithAuthorization(address,address,uint256,uint256,uint256,bytes32,bytes)
send(address,uint256,bytes) operatorSend(address,address,uint256,bytes,bytes)
approve(address,uint256) approve(address,uint256,uint256) approve(address,address,uint160,uint48)
approveAndCall(address,uint256) approveAndCall(address,uint256,bytes) approveHash(bytes32)
increaseAllowance(address,uint256) decreaseAllowance(address,uint256)
increaseApproval(address,uint256) decreaseApproval(address,uint256)
setApprovalForAll(address,bool) setOperator(address,bool) authorizeOperator(address)
permit(address,address,uint256,uint256,uint8,bytes32,bytes32) permit(address,address,uint256,uint256,bytes)
permit(address,address,uint256,uint256,bool,uint8,bytes32,bytes32)
permit(address,uint256,uint256,uint8,bytes32,bytes32)
permit(address,((address,uint160,uint48,uint48),address,uint256),bytes)
permitTransferFrom(((address,uint256),uint256,uint256),(address,uint256),address,bytes)
deposit() deposit(uint256) deposit(uint256,address) withdraw() withdraw(uint256) withdraw(address)
withdraw(address,uint256) withdraw(address,uint256,address) withdraw(uint256,address,address)
redeem(uint256) redeem(uint256,address,address) withdrawTo(address,uint256) withdrawAll()
emergencyWithdraw() emergencyWithdraw(address) emergencyWithdraw(uint256) emergencyWithdraw(address,uint256)
mint(uint256) mint(address) mint(address,uint256) mint(uint256,address) mint(address,uint256,bytes)
mint(address,uint256,uint256,bytes) mintBatch(address,uint256[],uint256[],bytes) safeMint(address,uint256)
burn(uint256) burn(address,uint256) burn(uint256,bytes) burn(address,uint256,uint256)
burnFrom(address,uint256) operatorBurn(address,uint256,bytes,bytes)
sweep(address) sweep(address,uint256) sweepToken(address,uint256,address) skim(address)
rescueERC20(address,address,uint256) rescueTokens(address,uint256) recoverERC20(address,uint256)
migrateFundsAfterExploit(address[],address) reclaimToken(address)
transferOwnership(address) acceptOwnership() claimOwnership() renounceOwnership()
transferOwnership(address,bool,bool) setOwner(address) changeOwner(address) setPendingOwner(address)
transferAdmin(address) changeAdmin(address) setAdmin(address) acceptAdmin() setPendingAdmin(address)
_setPendingAdmin(address) _acceptAdmin() beginDefaultAdminTransfer(address)
acceptDefaultAdminTransfer() changeDefaultAdminDelay(uint48) setGovernance(address) setGov(address)
acceptGovernance() setGovernor(address) rely(address) deny(address) setAuthority(address)
updatePauser(address) updateBlacklister(address) updateMasterMinter(address) setPauser(address)
setGuardian(address) addGuardian(address) addPauser(address) addMinter(address)
grantRole(bytes32,address) grantRole(uint64,address,uint32) renounceRole(bytes32,address)
renounceRole(uint64,address) setRoleAdmin(bytes32,bytes32) setRoleAdmin(uint64,uint64)
setRoleGuardian(uint64,uint64) setGrantDelay(uint64,uint32) setTargetAdminDelay(address,uint32)
setTargetFunctionRole(address,bytes4[],uint64) updateAuthority(address,address)
assignRoles(address,bytes32[],bool[]) setUserRole(address,uint8,bool)
setRoleCapability(uint8,address,bytes4,bool) setPublicCapability(address,bytes4,bool)
allowTarget(bytes32,address,uint8) allowFunction(bytes32,address,bytes4,uint8)
scopeTarget(bytes32,address) scopeFunction(bytes32,address,bytes4,(uint8,uint8,uint8,bytes)[],uint8)
setAllowance(bytes32,uint128,uint128,uint128,uint64,uint64) setAllowance(address,address,uint256)
upgradeTo(address) upgradeToAndCall(address,bytes) upgrade(address,address)
upgradeAndCall(address,address,bytes) upgradeBeaconToAndCall(address,bytes)
setImplementation(address) _setImplementation(address) _setImplementation(address,bool,bytes)
changeImplementation(address) diamondCut((address,uint8,bytes4[])[],address,bytes)
changeProxyAdmin(address,address) setBeacon(address) initialize() initialize(address) reinitialize(uint64)
execTransaction(address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes)
execTransactionFromModule(address,uint256,bytes,uint8)
execTransactionFromModuleReturnData(address,uint256,bytes,uint8)
execTransactionWithRole(address,uint256,bytes,uint8,bytes32,bool)
execTransactionWithRoleReturnData(address,uint256,bytes,uint8,bytes32,bool)
enableModule(address) disableModule(address,address) setGuard(address) setModuleGuard(address)
setFallbackHandler(address) addOwnerWithThreshold(address,uint256) removeOwner(address,address,uint256)
swapOwner(address,address,address) changeThreshold(uint256) setup(address[],uint256,address,bytes,address,address,uint256,address)
simulateAndRevert(address,bytes) execute(bytes) execute(address,bytes) execute(bytes32) execute(uint256)
execute(address,uint256,bytes) execute(address,uint256,bytes,uint8) execute(bytes32,bytes) execute(bytes,bytes[])
execute(bytes,bytes[],uint256) execute(address,uint256,bytes,bytes32,bytes32)
execute(address[],uint256[],bytes[],bytes32) execute((address,uint256,bytes)[])
executeFromExecutor(bytes32,bytes) executeBatch((address,uint256,bytes)[]) executeBatch(address[],bytes[])
executeBatch(address[],uint256[],bytes[]) executeBatch(address[],uint256[],bytes[],bytes32,bytes32)
executeTransaction(address,uint256,string,bytes,uint256) executeTransaction(uint256)
executeUserOp(((address,uint256,bytes,bytes,bytes32,uint256,bytes32,bytes,bytes)),bytes32)
executeCall(address,uint256,bytes) executeMetaTransaction(address,bytes,bytes32,bytes32,uint8)
forward(address,bytes) schedule(address,uint256,bytes,bytes32,bytes32,uint256)
schedule(address,bytes,uint48) scheduleBatch(address[],uint256[],bytes[],bytes32,bytes32,uint256)
propose(address[],uint256[],bytes[],string) queueTransaction(address,uint256,string,bytes,uint256)
delegate(address) delegate(address,bool) delegateBySig(address,uint256,uint256,uint8,bytes32,bytes32)
delegateAll(address,bool) delegateAll(address,bytes32,bool) delegateContract(address,address,bytes32,bool)
delegateERC20(address,address,bytes32,uint256) delegateERC721(address,address,uint256,bytes32,bool)
delegateForAll(address,bool) delegateForAll(address,bytes32,bool) delegatecall(address,bytes) delegateCall(address,bytes)
multicall(bytes[]) multicall(uint256,bytes[]) multicall(bytes32,bytes[]) multiSend(bytes)
aggregate((address,bytes)[]) aggregate3((address,bool,bytes)[]) aggregate3Value((address,bool,uint256,bytes)[])
tryAggregate(bool,(address,bytes)[]) blockAndAggregate((address,bytes)[]) batch(bytes[],bool)
relaySpokePoolAdminFunction(uint256,bytes) sendMessage(address,bytes,uint32) call(address,bytes)
destroyBlackFunds(address) wipeFrozenAddress(address) redistributeLockedAmount(address,address)
markAsNotOperational() emergencyDeleteRootBundle(uint256) emergencyDeleteProposal() setEmergencyExit()
deallocate(address,bytes,uint256) kill() destroy() destroy(address) selfDestruct() selfdestruct(address)
`)
}

// forbiddenWords start the names of functions that no policy may allow,
// whatever their arguments: the families of forbiddenSignatures.
func forbiddenWords() []string {
	return strings.Fields(`approve permit increaseallowance increaseapproval setapproval
transferfrom transferowner transferadmin transferwith transferand receivewith safetransfer safebatch
acceptown acceptadmin acceptgov claimown renounce grant setowner setadmin changeowner changeadmin
setpendingowner setpendingadmin upgrade setimplementation changeimplementation diamondcut initialize
reinitialize exec enablemodule disablemodule delegate multicall multisend aggregate tryaggregate
sweep rescue migrate emergencywithdraw emergencydelete selfdestruct destroy wipe redistribute
batch schedulebatch`)
}

// forbiddenNames are refused only as whole names, because containment functions
// begin with the same word (mintPaused, transfersAllowed, withdrawalsPaused).
func forbiddenNames() []string {
	return strings.Fields(`transfer mint mintto mintbatch safemint burn burnfrom withdraw withdrawto
withdrawall redeem deposit send forward call schedule propose rely deny kill skim setup allowtarget
allowfunction scopetarget scopefunction assignroles setauthority updateauthority setgovernance
setgovernor setroleadmin setroleguardian changethreshold swapowner removeowner addowner setguard
setbeacon deallocate setemergencyexit markasnotoperational addminter addpauser`)
}

// plainName folds what spelling leaves free: case and leading underscores.
func plainName(name string) string {
	return strings.ToLower(strings.Trim(name, "_$"))
}

func forbiddenName(name string) bool {
	return namedBy(name, forbiddenWords(), forbiddenNames())
}

func namedBy(name string, words, names []string) bool {
	plain := plainName(name)
	for _, word := range words {
		if strings.HasPrefix(plain, word) {
			return true
		}
	}
	for _, whole := range names {
		if plain == whole {
			return true
		}
	}
	return false
}
