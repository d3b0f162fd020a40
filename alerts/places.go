package alerts

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ethereum/go-ethereum/common"

	"github.com/firebreak-project/firebreak/incident"
)

// place is an address that a message names in a typed field, on a chain of the
// inventory or, as "", on one that it does not know.
type place struct {
	chain   string
	address common.Address
}

// spread gives an alert for every contract of ours among the places that a
// message names, or one where there is none, with the first place as it came.
//
// Each carries the contract's address in its id. An inventory that changes
// between two repeats can then neither lose one nor let it count twice.
func spread(d delivery, m message, places []place) []message {
	var all []message
	for i, p := range places {
		name, ours := "", false
		if p.chain != "" {
			name, ours = d.names.ContractAt(p.chain, p.address)
		}
		if !ours || slices.Contains(places[:i], p) {
			continue
		}
		one := m
		one.alert.Chain, one.alert.Contract, one.alert.Address = p.chain, name, &p.address
		one.alert.ID = m.alert.ID + "@" + strings.ToLower(p.address.Hex())
		one.part = fmt.Appendf(nil, "%q", p.address.Hex())
		all = append(all, one)
	}
	if all == nil {
		if len(places) > 0 {
			m.alert.Address = &places[0].address
		}
		all = []message{m}
	}
	return all
}

// knownChains are names that vendors use for chains, by EIP-155 id. What an
// inventory calls these chains is its own matter: the id decides.
var knownChains = map[string]uint64{
	"ethereum": 1, "eth": 1, "optimism": 10, "bsc": 56, "bnb": 56, "gnosis": 100, "unichain": 130, "polygon": 137, "matic": 137,
	"sonic": 146, "fantom": 250, "zksync": 324, "worldchain": 480, "polygon_zkevm": 1101, "mantle": 5000, "base": 8453,
	"holesky": 17000, "ethereum_holesky": 17000, "mode": 34443, "arbitrum": 42161, "celo": 42220, "avalanche": 43114,
	"linea": 59144, "berachain": 80094, "blast": 81457, "scroll": 534352, "sepolia": 11155111, "ethereum_sepolia": 11155111,
}

// vendorChain resolves a vendor's name of a chain: as the source's
// configuration says, else by the well-known names. Everything else is unknown.
func (r *reader) vendorChain(s Source, name string) string {
	if mapped, ok := s.Chains[name]; ok {
		if r.names.KnownChain(mapped) {
			return mapped
		}
		return ""
	}
	plain := strings.ReplaceAll(strings.ToLower(name), "-", "_")
	id, ok := knownChains[strings.TrimSuffix(plain, "_mainnet")]
	if !ok {
		return ""
	}
	return r.chain("", id)
}

// accuse adds an account to those that the alert accuses, unless it is a
// contract of ours.
func (r *reader) accuse(a *incident.Alert, chain string, account common.Address) {
	if chain != "" {
		if _, ours := r.names.ContractAt(chain, account); ours {
			return
		}
	}
	if !slices.Contains(a.Suspects, account) && len(a.Suspects) < 256 {
		a.Suspects = append(a.Suspects, account)
	}
}

// logEntry is what of an event's log matters here: who wrote it.
type logEntry struct {
	Address string `json:"address"`
}

// placesOf are what a transaction called and who wrote logs in it.
func (r *reader) placesOf(chain, to string, logs []logEntry) (places []place) {
	if to != "" {
		places = append(places, place{chain, r.address("transaction.to", to)})
	}
	for _, l := range logs {
		places = append(places, place{chain, r.address("logs.address", l.Address)})
	}
	return places
}

// The words that a source's suspects may hold for transactions: their sender,
// and behind anyArg the name of an argument that is an address.
const (
	txFrom = "tx.from"
	anyArg = "arg."
)

// suspectFaults refuses words in suspects that a kind does not know. One that
// ends in a dot stands for all that begin with it.
func (s Source) suspectFaults(known ...string) (found []Fault) {
	for _, word := range s.Suspects {
		fits := func(k string) bool {
			return word == k || strings.HasSuffix(k, ".") && strings.HasPrefix(word, k) && word != k
		}
		if !slices.ContainsFunc(known, fits) {
			found = append(found, Fault{"suspects", fmt.Sprintf("%q is nobody here; a source of kind %s knows %s", clip(word), s.Kind, strings.Join(known, " and "))})
		}
	}
	return found
}

// chainID resolves an EIP-155 id that is written as text.
func (r *reader) chainID(field, text string) string {
	if text == "" {
		return ""
	}
	id, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		r.fail(field, "is no chain id")
		return ""
	}
	return r.chain("", id)
}
