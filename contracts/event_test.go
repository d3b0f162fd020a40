package contracts_test

import (
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/stretchr/testify/assert"

	"github.com/firebreak-project/firebreak/contracts"
)

func topic(signature string) common.Hash { return crypto.Keccak256Hash([]byte(signature)) }

func TestAKnownEventIsToldWithItsArgumentsInOrder(t *testing.T) {
	account := common.HexToAddress("0x4444444444444444444444444444444444444444")
	word := common.BytesToHash(account[:])
	for _, c := range []struct {
		topics []common.Hash
		data   []byte
		want   string
	}{
		{[]common.Hash{topic("Paused(address)")}, word[:], "Paused(" + account.Hex() + ")"},
		{[]common.Hash{topic("Blacklisted(address)"), word}, nil, "Blacklisted(" + account.Hex() + ")"},
		{[]common.Hash{topic("Transfer(address,address,uint256)"), word, {}}, common.BytesToHash([]byte{7}).Bytes(),
			"Transfer(" + account.Hex() + ", 0x0000000000000000000000000000000000000000, 7)"},
		{[]common.Hash{topic("RoleRevoked(bytes32,address,address)"), contracts.Role(contracts.PauserRole), word, word}, nil,
			"RoleRevoked(PAUSER_ROLE, " + account.Hex() + ", " + account.Hex() + ")"},
	} {
		words, ok := contracts.Event(c.topics, c.data)
		assert.True(t, ok, c.want)
		assert.Equal(t, c.want, words)
	}
}

func TestAnEventThatIsNotEncodedAsItsNameSaysIsNotKnown(t *testing.T) {
	word := common.BytesToHash([]byte{7})
	for name, c := range map[string]struct {
		topics []common.Hash
		data   []byte
	}{
		"no topic":             {nil, nil},
		"another event":        {[]common.Hash{topic("Stopped(address)")}, word[:]},
		"its word is missing":  {[]common.Hash{topic("Paused(address)")}, nil},
		"its topic is missing": {[]common.Hash{topic("Blacklisted(address)")}, word[:]},
		"something left over":  {[]common.Hash{topic("Paused(address)"), word}, word[:]},
		"no address":           {[]common.Hash{topic("Paused(address)")}, topic("x").Bytes()},
		"half a word":          {[]common.Hash{topic("Paused(address)")}, word[:16]},
	} {
		_, ok := contracts.Event(c.topics, c.data)
		assert.False(t, ok, name)
	}
}

func FuzzEventsAreReadOrNotKnown(f *testing.F) {
	f.Add([]byte{}, []byte{})
	paused := topic("Paused(address)")
	f.Add(paused[:], make([]byte, 32))
	f.Fuzz(func(t *testing.T, topics, data []byte) {
		var list []common.Hash
		for len(topics) > 0 {
			n := min(32, len(topics))
			list, topics = append(list, common.BytesToHash(topics[:n])), topics[n:]
		}
		words, ok := contracts.Event(list, data)
		assert.Equal(t, ok, words != "")
	})
}
