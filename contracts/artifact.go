package contracts

import (
	"bytes"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"

	"github.com/ethereum/go-ethereum/accounts/abi"
)

//go:embed snapshots/*.json
var snapshots embed.FS

// ErrUnknownContract says that no snapshot has that name.
var ErrUnknownContract = errors.New("no snapshot of that contract")

// Artifact is one compiled contract or interface. The caller owns it: changing
// it changes no other.
type Artifact struct {
	Name string
	ABI  abi.ABI
	// Bytecode is the creation code, without constructor arguments; empty for
	// an interface or an abstract contract.
	Bytecode []byte
	// DeployedBytecode is the runtime code with its immutables still zero, so
	// it has the length of what is on the chain and not always its bytes.
	DeployedBytecode []byte
}

// snapshot is the file format that script/snapshots.js writes.
type snapshot struct {
	Contract         string          `json:"contract"`
	ABI              json.RawMessage `json:"abi"`
	Bytecode         string          `json:"bytecode"`
	DeployedBytecode string          `json:"deployedBytecode"`
}

// LoadArtifact reads the embedded snapshot of a contract, by its Solidity
// name. It fails with ErrUnknownContract when there is none.
func LoadArtifact(name string) (Artifact, error) {
	// The name is a file name here, so nothing but a name may pass.
	if name == "" || strings.ContainsAny(name, "/\\.") {
		return Artifact{}, fmt.Errorf("load artifact %.64q: %w", name, ErrUnknownContract)
	}
	raw, err := snapshots.ReadFile("snapshots/" + name + ".json")
	if errors.Is(err, fs.ErrNotExist) {
		return Artifact{}, fmt.Errorf("load artifact %.64q: %w", name, ErrUnknownContract)
	}
	if err != nil {
		return Artifact{}, fmt.Errorf("load artifact %.64q: %w", name, err)
	}
	artifact, err := parseSnapshot(raw)
	if err != nil {
		return Artifact{}, fmt.Errorf("load artifact %q: %w", name, err)
	}
	if artifact.Name != name {
		return Artifact{}, fmt.Errorf("load artifact %q: the snapshot is of %q", name, artifact.Name)
	}
	return artifact, nil
}

func parseSnapshot(raw []byte) (Artifact, error) {
	var file snapshot
	if err := json.Unmarshal(raw, &file); err != nil {
		return Artifact{}, fmt.Errorf("parse snapshot: %w", err)
	}
	parsed, err := abi.JSON(bytes.NewReader(file.ABI))
	if err != nil {
		return Artifact{}, fmt.Errorf("parse abi: %w", err)
	}
	code, err := hex.DecodeString(strings.TrimPrefix(file.Bytecode, "0x"))
	if err != nil {
		return Artifact{}, fmt.Errorf("parse bytecode: %w", err)
	}
	deployed, err := hex.DecodeString(strings.TrimPrefix(file.DeployedBytecode, "0x"))
	if err != nil {
		return Artifact{}, fmt.Errorf("parse deployed bytecode: %w", err)
	}
	return Artifact{Name: file.Contract, ABI: parsed, Bytecode: code, DeployedBytecode: deployed}, nil
}

// artifacts has every snapshot by name, parsed at first use and never changed
// afterwards. A snapshot that does not parse is a broken build, which a test
// finds, so there is no error to hand to a caller who could do nothing.
var artifacts = sync.OnceValue(func() map[string]Artifact {
	files, err := fs.Glob(snapshots, "snapshots/*.json")
	if err != nil {
		panic(fmt.Sprintf("contracts: list snapshots: %v", err))
	}
	all := make(map[string]Artifact, len(files))
	for _, file := range files {
		name := strings.TrimSuffix(strings.TrimPrefix(file, "snapshots/"), ".json")
		artifact, err := LoadArtifact(name)
		if err != nil {
			panic(fmt.Sprintf("contracts: %v", err))
		}
		all[name] = artifact
	}
	return all
})

// encode packs a call of a method that the snapshot has. Callers pass typed
// values that they have checked, so it can fail only where this package and its
// snapshots disagree, and every builder is run by a test.
func encode(contract, method string, args ...any) []byte {
	data, err := artifacts()[contract].ABI.Pack(method, args...)
	if err != nil {
		panic(fmt.Sprintf("contracts: pack %s.%s: %v", contract, method, err))
	}
	return data
}
