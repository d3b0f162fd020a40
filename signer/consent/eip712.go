package consent

import (
	"bytes"
	"encoding/json"
	"math/big"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
)

// DomainName and DomainVersion name these messages in every wallet.
const (
	DomainName    = "Containment Approval"
	DomainVersion = "1"
)

// Domain says for which key a message counts. Signer is the address of the key
// in Vault and Instance the random id of its mount, so a signature for one key
// is worth nothing for another, nor for any contract.
type Domain struct {
	ChainID  uint64 // of the transaction; part of the domain of an Approval alone
	Signer   common.Address
	Instance common.Hash
}

// Message is one of the things that a guardian can sign. The type that
// makes a message decides whether its domain has a chainId, never the caller.
type Message interface {
	// Digest is what is signed (EIP-712): keccak256(0x1901 || domain || message).
	Digest(Domain) common.Hash
	// TypedData is the same message for a wallet.
	TypedData(Domain) TypedData
}

// TypedData is the parameter of eth_signTypedData_v4. It marshals to JSON with
// every number as a decimal string.
type TypedData struct{ domain, message structure }

// structure is one EIP-712 struct. The hash and the wallet's JSON both come
// from this one list, so what is shown is what is hashed.
type structure struct {
	name    string
	members []member
}

// member is one field; value is a string, common.Hash, common.Address, []byte
// or *big.Int.
type member struct {
	name, kind string
	value      any
}

func text(name, value string) member             { return member{name, "string", value} }
func hash(name string, value common.Hash) member { return member{name, "bytes32", value} }
func raw(name string, value []byte) member       { return member{name, "bytes", value} }
func account(name string, value common.Address) member {
	return member{name, "address", value}
}

func number(name string, value uint64) member {
	return member{name, "uint256", new(big.Int).SetUint64(value)}
}

func amount(name string, value *big.Int) member {
	if value == nil {
		value = new(big.Int)
	}
	return member{name, "uint256", value}
}

// withChain is the domain of a transaction's approval. Chain id 0 is encoded
// like any other, so it cannot be taken for a domain without a chain.
func (d Domain) withChain() structure {
	return d.structure(number("chainId", d.ChainID))
}

// withoutChain is the domain of messages about the key itself, which is the
// same key on every chain.
func (d Domain) withoutChain() structure { return d.structure() }

func (d Domain) structure(chain ...member) structure {
	members := []member{text("name", DomainName), text("version", DomainVersion)}
	members = append(members, chain...)
	members = append(members, account("verifyingContract", d.Signer), hash("salt", d.Instance))
	return structure{"EIP712Domain", members}
}

// typeHash is the hash of encodeType, EIP-712 "Definition of encodeType".
func (s structure) typeHash() common.Hash {
	fields := make([]string, 0, len(s.members))
	for _, m := range s.members {
		fields = append(fields, m.kind+" "+m.name)
	}
	return crypto.Keccak256Hash([]byte(s.name + "(" + strings.Join(fields, ",") + ")"))
}

// hash is hashStruct, EIP-712 "Definition of hashStruct".
func (s structure) hash() common.Hash {
	encoded := s.typeHash().Bytes()
	for _, m := range s.members {
		encoded = append(encoded, m.word()...)
	}
	return crypto.Keccak256Hash(encoded)
}

// word is encodeData of one field: 32 bytes.
func (m member) word() []byte {
	switch value := m.value.(type) {
	case string:
		return crypto.Keccak256([]byte(value))
	case []byte:
		return crypto.Keccak256(value)
	case common.Address:
		return common.LeftPadBytes(value[:], 32)
	case common.Hash:
		return value[:]
	case *big.Int:
		// Modulo 2^256: a number out of range is another number and not a panic.
		wrapped := new(big.Int).And(value, maxUint256())
		return wrapped.FillBytes(make([]byte, 32))
	}
	panic("consent: a field of unknown type") // only structures of this package get here
}

func maxUint256() *big.Int {
	one := big.NewInt(1)
	return new(big.Int).Sub(new(big.Int).Lsh(one, 256), one)
}

// Digest is what is signed.
func (t TypedData) Digest() common.Hash {
	return crypto.Keccak256Hash([]byte("\x19\x01"), t.domain.hash().Bytes(), t.message.hash().Bytes())
}

// Parts are the two hashes behind the digest, which hardware wallets show when
// they cannot show more.
func (t TypedData) Parts() (domain, message common.Hash) { return t.domain.hash(), t.message.hash() }

// MarshalJSON writes primaryType, types, domain and message.
func (t TypedData) MarshalJSON() ([]byte, error) {
	types := object{{t.domain.name, t.domain.fields()}, {t.message.name, t.message.fields()}}
	return json.Marshal(object{
		{"primaryType", t.message.name}, {"types", types},
		{"domain", t.domain.values()}, {"message", t.message.values()},
	})
}

type typedField struct {
	Name string `json:"name"`
	Type string `json:"type"`
}

func (s structure) fields() []typedField {
	fields := make([]typedField, 0, len(s.members))
	for _, m := range s.members {
		fields = append(fields, typedField{m.name, m.kind})
	}
	return fields
}

func (s structure) values() object {
	values := make(object, 0, len(s.members))
	for _, m := range s.members {
		values = append(values, property{m.name, m.text()})
	}
	return values
}

// text is how a wallet gets the field.
func (m member) text() string {
	switch value := m.value.(type) {
	case string:
		return value
	case []byte:
		return hexutil.Encode(value)
	case common.Address:
		return value.Hex()
	case common.Hash:
		return value.Hex()
	case *big.Int:
		return value.String()
	}
	panic("consent: a field of unknown type") // only structures of this package get here
}

// object is a JSON object that keeps its order: wallets show fields in it.
type object []property

type property struct {
	name  string
	value any
}

func (o object) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	out.WriteByte('{')
	for i, p := range o {
		if i > 0 {
			out.WriteByte(',')
		}
		value, err := json.Marshal(p.value)
		if err != nil {
			return nil, err
		}
		out.WriteString(`"` + p.name + `":`) // names are ours and need no escapes
		out.Write(value)
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}
