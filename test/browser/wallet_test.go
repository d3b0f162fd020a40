//go:build browser

package browser_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/signer/core/apitypes"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/signer/consent/consenttest"
	"github.com/firebreak-project/firebreak/test/browser/browsertest"
)

// wallet is a browser extension: a provider in every page whose keys are here.
// It hashes the typed data by itself, as wallets do, with go-ethereum's own code.
type wallet struct {
	t    *testing.T
	page *browsertest.Page

	mu     sync.Mutex
	person string
	signed []apitypes.TypedData
}

// provider is window.ethereum (EIP-1193).
const provider = `(() => {
	const waiting = new Map();
	let next = 0;
	globalThis.walletAnswers = (id, result, problem) => {
		const { yes, no } = waiting.get(id);
		waiting.delete(id);
		problem ? no(Object.assign(new Error(problem), { code: 4001 })) : yes(result);
	};
	globalThis.ethereum = { request: ({ method, params }) => new Promise((yes, no) => {
		waiting.set(++next, { yes, no });
		walletAsks(JSON.stringify({ id: next, method, params: params || [] }));
	}) };
})()`

func inject(t *testing.T, p *browsertest.Page) *wallet {
	t.Helper()
	w := &wallet{t: t, page: p}
	_, err := chromedp.Call(p.Context(), runtime.AddBinding, runtime.AddBindingParams{Name: "walletAsks"})
	require.NoError(t, err)
	_, err = chromedp.Call(p.Context(), page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: provider})
	require.NoError(t, err)
	require.NoError(t, chromedp.Listen(p.Context(), func(event any) {
		if asked, ok := event.(*runtime.EventBindingCalled); ok && asked.Name == "walletAsks" {
			go w.answer(asked.Payload) // the browser's own loop must not wait for the browser
		}
	}))
	return w
}

// be says whose keys the wallet has.
func (w *wallet) be(person string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.person = person
}

// seen are the messages that were signed.
func (w *wallet) seen() []apitypes.TypedData {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]apitypes.TypedData(nil), w.signed...)
}

func (w *wallet) answer(payload string) {
	var asked struct {
		ID     int               `json:"id"`
		Method string            `json:"method"`
		Params []json.RawMessage `json:"params"`
	}
	result, err := any(nil), json.Unmarshal([]byte(payload), &asked)
	if err == nil {
		result, err = w.do(asked.Method, asked.Params)
	}
	problem := ""
	if err != nil {
		problem = err.Error()
	}
	raw, err := json.Marshal([]any{asked.ID, result, problem})
	if assert.NoError(w.t, err) {
		_, err = chromedp.Run(w.page.Context(), chromedp.Evaluate[bool](fmt.Sprintf("(walletAnswers(...%s), true)", raw)))
		assert.NoError(w.t, err)
	}
}

func (w *wallet) do(method string, params []json.RawMessage) (any, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := consenttest.NewWallet(w.person)
	switch method {
	case "eth_requestAccounts":
		return []string{key.Address().Hex()}, nil
	case "wallet_switchEthereumChain":
		return nil, nil
	case "eth_signTypedData_v4":
		var text string
		var data apitypes.TypedData
		if err := json.Unmarshal(params[1], &text); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(text), &data); err != nil {
			return nil, err
		}
		digest, _, err := apitypes.TypedDataAndHash(data)
		if err != nil {
			return nil, err
		}
		w.signed = append(w.signed, data)
		return hexutil.Encode(key.Sign(w.person, common.BytesToHash(digest)).Bytes), nil
	}
	return nil, fmt.Errorf("this wallet knows no %s", method)
}
