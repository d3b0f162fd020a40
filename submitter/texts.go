package submitter

// client is a kind of node, at the version whose source its words were read in.
// Words change between releases: an answer that no row knows is ambiguous, which
// is safe, and is counted with its text, so that a row can be added here.
type client string

// The clients.
const (
	geth          client = "geth 1.17.5" // 1.17.8 is asked by a test
	reth          client = "reth 2026-08"
	erigon        client = "Erigon 2026-08"
	besu          client = "Besu 2026-08"
	nethermind    client = "Nethermind 2026-08"
	oldNethermind client = "Nethermind before 2026-06, which changed to geth's words"
	// Between the two, only a part of the words had changed.
	nethermindBetween client = "Nethermind 2026-06"
	nitro             client = "Nitro 2026-04"
	zkSync            client = "zkSync Era 2026-08"
	bor               client = "Polygon bor 2026"
	openEthereum      client = "forks of OpenEthereum"
	goClients         client = "Go's HTTP client and proxies written in Go"
)

// text is one row: words as clients say them, in lower case.
type text struct {
	kind  Kind
	words string
	by    []client
}

// texts is the whole of what is known about what nodes say. The first row whose
// words stand in an answer, as whole words, decides, whoever said it: the node
// behind an endpoint is not known.
var texts = []text{
	{KindSameNonce, "insertion of another transaction with the same nonce is in progress", []client{zkSync}},

	{KindReplacement, "replacement transaction underpriced", []client{geth, reth, erigon, besu}},
	{KindReplacement, "could not replace existing tx", []client{erigon}},
	{KindReplacement, "replacementnotallowed", []client{oldNethermind}},
	{KindDelegated, "gapped-nonce tx from delegated accounts", []client{geth, reth}},
	{KindDelegated, "in-flight transaction limit reached for delegated accounts", []client{geth, reth}},
	{KindDelegated, "authority already reserved", []client{geth, reth}},
	{KindTypeClash, "address already reserved", []client{geth, reth}},
	{KindTypeClash, "pendingtxsofconflictingtype", []client{nethermind}},
	{KindConfig, "invalid chain id", []client{geth, nitro, reth, erigon}},
	{KindConfig, "wrong chainid", []client{besu}},
	{KindConfig, "max priority fee per gas higher than max fee per gas", []client{geth}},

	{KindNonceLow, "nonce too low", []client{geth, reth, erigon, besu, nitro, zkSync, nethermindBetween}},
	{KindNonceLow, "oldnonce", []client{oldNethermind}},
	{KindNonceHigh, "nonce too high", []client{geth, besu, nitro, zkSync}},
	{KindNonceHigh, "noncegap", []client{oldNethermind}},
	{KindNonceHigh, "noncetoofarinfuture", []client{oldNethermind}},
	{KindNonceHigh, "transaction nonce is too distant from current sender nonce", []client{besu}},
	{KindNonceHigh, "an invalid transaction with a lower nonce exists", []client{besu}},

	{KindFunds, "insufficient funds", []client{geth, nitro, reth, erigon, zkSync}},
	{KindFunds, "insufficientfunds", []client{oldNethermind}},
	{KindFunds, "upfront cost exceeds account balance", []client{besu}},
	{KindNodeFeeCap, "exceeds the configured cap", []client{geth, reth}},
	{KindNodeFeeCap, "transaction fee cap exceeded", []client{besu}},

	{KindGas, "intrinsic gas too low", []client{geth, nitro, zkSync}},
	{KindGas, "insufficient gas for floor data gas cost", []client{geth, nitro}},
	{KindGas, "transaction gas limit too high", []client{geth, nitro}},
	{KindGas, "exceeds block gas limit", []client{geth, reth, besu, nitro}},
	{KindGas, "exceeds max transaction gas limit", []client{reth}},
	{KindGas, "intrinsicgas", []client{erigon}},
	{KindGas, "gas limit is too high", []client{erigon}},
	{KindGas, "txgaslimitcapexceeded", []client{nethermind}},
	{KindGas, "intrinsic gas exceeds gas limit", []client{besu}},
	{KindGas, "transaction gas limit cap exceeded", []client{besu}},
	{KindSimulation, "failed to validate the transaction", []client{zkSync}},

	{KindPoolFull, "txpool is full", []client{geth, reth}},
	{KindPoolFull, "future transaction tries to replace pending", []client{geth}},
	{KindPoolFull, "account limit exceeded: pooled", []client{geth}},
	{KindPoolFull, "sub-pool is full", []client{erigon}},
	{KindPoolFull, "spammer", []client{erigon}},

	{KindFeeLow, "transaction underpriced", []client{geth, reth}},
	{KindFeeLow, "gas price below minimum", []client{geth, bor}},
	{KindFeeLow, "transaction priority fee below minimum required priority fee", []client{reth}},
	{KindFeeLow, "fee_too_low", []client{erigon}},
	{KindFeeLow, "feetoolow", []client{oldNethermind}},
	{KindFeeLow, "feetoolowtocompete", []client{oldNethermind}},
	{KindFeeLow, "gas price below configured minimum gas price", []client{besu}},
	{KindFeeLow, "gas price below current base fee", []client{besu}},
	{KindFeeLow, "max fee per gas less than block base fee", []client{nitro, zkSync}},

	{KindAvailability, "transaction pool not enabled", []client{besu}},
	{KindAvailability, "initial sync is still in progress", []client{besu}},
	{KindAvailability, "sender account not authorized to send transactions", []client{besu}},
	{KindAvailability, "plugin has marked the transaction as invalid", []client{besu}},
	{KindAvailability, "failed to publish transaction to any of the forwarding targets", []client{nitro}},
	{KindAvailability, "sequencer temporarily not available", []client{nitro}},
	{KindAvailability, "publishing transactions not supported by this endpoint", []client{nitro}},
	{KindTransport, "context deadline exceeded", []client{nitro, goClients}},

	{KindKnown, "already known", []client{geth, reth, erigon}},
	{KindKnown, "existing txn with same hash", []client{erigon}},
	{KindKnown, "alreadyknown", []client{oldNethermind}},
	{KindKnown, "known transaction", []client{besu, zkSync}},
	{KindKnown, "already imported", []client{openEthereum}},
}
