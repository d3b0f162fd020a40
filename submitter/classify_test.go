package submitter_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/rpc"
	"github.com/stretchr/testify/assert"

	"github.com/firebreak-project/firebreak/submitter"
	"github.com/firebreak-project/firebreak/submitter/submittertest"
)

func classOf(k submitter.Kind) submitter.Class {
	switch k {
	case submitter.KindKnown:
		return submitter.Accepted
	case submitter.KindSameNonce, submitter.KindAvailability, submitter.KindTransport, submitter.KindUnknown:
		return submitter.Ambiguous
	}
	return submitter.Rejected
}

func TestEveryKnownTextOfEveryClientHasItsClass(t *testing.T) {
	for _, row := range submittertest.Texts {
		class, kind := submitter.Classify(said("%s", row.Text))
		assert.Equal(t, submitter.Kind(row.Kind), kind, "%s: %s", row.Client, row.Text)
		assert.Equal(t, classOf(submitter.Kind(row.Kind)), class, "%s: %s", row.Client, row.Text)
	}
}

func TestNoErrorIsAcceptance(t *testing.T) {
	class, _ := submitter.Classify(nil)
	assert.Equal(t, submitter.Accepted, class)
}

func TestTransportErrorsAreAmbiguous(t *testing.T) {
	for _, err := range []error{
		io.EOF, submittertest.ErrLost, context.DeadlineExceeded, fmt.Errorf("call: %w", context.Canceled),
		rpc.HTTPError{StatusCode: 503, Status: "503 Service Unavailable", Body: []byte("already known")},
		rpc.HTTPError{StatusCode: 429, Status: "429 Too Many Requests", Body: []byte("nonce too low")},
		rpc.HTTPError{StatusCode: 403, Status: "403 Forbidden"},
		errors.New("read tcp 10.0.0.1:4711: connection reset by peer"),
	} {
		class, kind := submitter.Classify(err)
		assert.Equal(t, submitter.Ambiguous, class, "%v", err)
		assert.Equal(t, submitter.KindTransport, kind, "%v", err)
	}
}

func TestWhatNoRowKnowsIsAmbiguous(t *testing.T) {
	for _, text := range []string{"unknown transaction type", "internal error", "", "rate limited", "the method is not whitelisted",
		"preunderpricedness", "transaction not already knownish"} {
		class, kind := submitter.Classify(said("%s", text))
		assert.Equal(t, submitter.Ambiguous, class, text)
		assert.Equal(t, submitter.KindUnknown, kind, text)
	}
}

// fragments are the words that alone can give a text a class other than
// ambiguous, kept apart from the table under test.
var accepting = []string{"already known", "existing txn with same hash", "alreadyknown", "known transaction", "already imported"}

var rejecting = []string{"nonce", "underpriced", "replace", "below", "fee", "cap", "funds", "upfront", "gas", "full", "spammer",
	"delegated", "reserved", "conflicting", "chain", "validate", "pooled"}

func FuzzRandomTextIsNeverAcceptanceOrRejection(f *testing.F) {
	for _, row := range submittertest.Texts {
		f.Add(row.Text)
	}
	f.Add("unknown transaction type")
	f.Fuzz(func(t *testing.T, text string) {
		class, _ := submitter.Classify(said("%s", text))
		has := func(words []string) bool {
			for _, w := range words {
				if strings.Contains(strings.ToLower(text), w) {
					return true
				}
			}
			return false
		}
		if class == submitter.Accepted && !has(accepting) {
			t.Errorf("%q is taken for acceptance", text)
		}
		if class == submitter.Rejected && !has(rejecting) {
			t.Errorf("%q is taken for rejection", text)
		}
	})
}
