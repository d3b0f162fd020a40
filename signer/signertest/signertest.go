// Package signertest is the conformance suite of signer.Signer: the in-process
// key, the Vault client and a real Vault server have to pass the same tests, so
// that a caller cannot tell them apart.
package signertest

import (
	"context"
	"testing"

	"github.com/firebreak-project/firebreak/signer"
)

// Harness is one key store under test. Every call of the function given to Run
// has to return a fresh one, without keys.
type Harness struct {
	Signer signer.Signer

	// Custody has the rights of the key ceremony.
	Custody signer.Custodian

	// Receipt reads a receipt.
	Receipt func(ctx context.Context, name string, seq uint64) (signer.Receipt, error)

	// FailWrites makes every storage write fail from now on, or stop failing.
	// A harness that cannot do it leaves it nil, and the suite then leaves
	// out the cases about storage.
	FailWrites func(fail bool)

	// Requests is how many requests have reached the server. A harness
	// without a server leaves it nil.
	Requests func() int
}

// Run runs the suite.
func Run(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	for _, c := range []struct {
		name string
		run  func(t *testing.T, h Harness)
	}{
		{"AnAllowedCallIsSignedAndRecovers", allowedCall},
		{"TheSameRequestGetsTheSameBytesAndCountsOnce", sameRequest},
		{"EveryRefusalHasItsCode", refusalCodes},
		{"ARefusalIsNotCounted", refusedNotCounted},
		{"CheckSignsAndCountsNothing", checkCountsNothing},
		{"ARateLimitHolds", rateLimit},
		{"ATargetLimitCountsEachTargetOnItsOwn", targetLimit},
		{"AReplacementRaisesBothFeesAndKeepsTheCall", replacementRules},
		{"AReplacementIsNotASecondUse", replacementNotCounted},
		{"AReplacementComesOnlySoOften", replacementBound},
		{"ANonceWithAGapIsRefused", nonceGap},
		{"TheFirstNonceIsTheOneSetAtCreation", firstNonce},
		{"TheDayBudgetCountsReplacementsByTheirExtraCost", dayBudget},
		{"ApprovalsFailClosed", approvalsFailClosed},
		{"ARecoveryKeySignsNothingWithoutGuardians", recoveryFailsClosed},
		{"GuardiansOpenARule", approvalsOpenTheRule},
		{"AnApprovalIsUsedOnceAndOutlivesAFeeBump", approvalsAreSpent},
		{"AnApprovalThatDoesNotHoldCountsAsNone", approvalsThatDoNotHold},
		{"ARecoveryKeyWaitsForItsDelay", recoveryWaits},
		{"ReceiptsAreChained", receiptsChain},
		{"ATighteningNeedsTheQuorumAndHoldsAtOnce", tighteningIsImmediate},
		{"ALooseningWaitsAndOneGuardianCancelsIt", looseningWaits},
		{"GuardiansChangeByTheirOwnQuorum", guardiansChange},
		{"AFrozenKeyIsReleasedByTheQuorumAlone", releaseNeedsTheQuorum},
		{"OneGuardianHaltsTheKey", oneGuardianHalts},
		{"ARetiredKeyIsOver", aRetiredKeyIsOver},
		{"PeopleSetANonce", peopleSetANonce},
		{"AFrozenKeySignsNothingNotEvenAReceiptedDigest", frozen},
		{"AKeyIsNeverReplaced", neverReplaced},
		{"AnUnknownKeyIsARefusal", unknownKey},
		{"TwentyAtOnceAtLimitOneGiveExactlyOne", parallel},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, open(t)) })
	}
	if h := open(t); h.FailWrites != nil {
		t.Run("AFailedWriteYieldsNoSignature", func(t *testing.T) { failedWrite(t, h) })
	}
}
