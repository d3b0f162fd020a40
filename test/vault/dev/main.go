// Command dev starts a real Vault with the Firebreak plugin on loopback, for
// somebody who wants to try things, and runs until it is interrupted. Nothing of
// it is kept.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"text/template"

	"github.com/ethereum/go-ethereum/accounts/keystore"
	"github.com/google/uuid"

	"github.com/firebreak-project/firebreak/lab/vaultserver"
	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/consent/consenttest"
	"github.com/firebreak-project/firebreak/signer/signertest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	address := flag.String("address", "127.0.0.1:8200", "where it listens, host:port of loopback")
	flag.Parse()
	if err := run(ctx, *address, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "vault-dev:", err)
		stop()
		os.Exit(1)
	}
}

var usage = template.Must(template.New("usage").Parse(`
A real Vault with Firebreak's secrets engine at eth/, until Ctrl-C. It is gone then.

  address     {{.URL}}
  root token  {{.Dir}}/root-token
  bot token   {{.Dir}}/bot-token    (may sign, check, read and freeze {{.Key}})
  key         {{.Key}}, {{.Address}}
  policy      {{.Dir}}/policy.json
  request     {{.Dir}}/pause.json   (pause() at nonce 0)
  guardians   {{.Dir}}/ana.json and dee.json, keystores; their passphrase is in {{.Dir}}/passphrase
  log         {{.Log}}

  export VAULT_ADDR={{.URL}} VAULT_TOKEN=$(cat {{.Dir}}/root-token)
  alias vault={{.Vault}}
  vault read eth/keys/{{.Key}}
  vault write eth/sign/{{.Key}} @{{.Dir}}/pause.json
  make build && alias firebreak=$PWD/bin/firebreak
  firebreak key freeze {{.Key}} --token-file {{.Dir}}/root-token --reason drill
  firebreak key unfreeze {{.Key}} --token-file {{.Dir}}/root-token --out unfreeze.json
  firebreak approve unfreeze.json --as ana --keystore {{.Dir}}/ana.json --passphrase-file {{.Dir}}/passphrase
  firebreak approve unfreeze.json --as dee --keystore {{.Dir}}/dee.json --passphrase-file {{.Dir}}/passphrase
  firebreak key unfreeze {{.Key}} --token-file {{.Dir}}/root-token --proposal unfreeze.json
  curl -s -H "X-Vault-Token: $(cat {{.Dir}}/bot-token)" -d @{{.Dir}}/pause.json $VAULT_ADDR/v1/eth/sign/{{.Key}}

`))

// run starts the server, says how it is used and waits for ctx to end.
func run(ctx context.Context, address string, out io.Writer) (err error) {
	c := vaultserver.Config{Address: address}
	if c.Binary, err = vaultserver.FindBinary(""); err != nil {
		return err
	}
	if c.Plugin, err = vaultserver.FindPlugin(""); err != nil {
		return err
	}
	v, err := vaultserver.Start(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, v.Close()) }()
	key, err := prepare(ctx, v)
	if err != nil {
		return err
	}
	err = usage.Execute(out, map[string]any{
		"URL": v.URL(), "Dir": v.Dir(), "Key": key.Name, "Address": key.Address, "Log": v.First().Log(), "Vault": c.Binary,
	})
	if err != nil {
		return err
	}
	<-ctx.Done()
	fmt.Fprintln(out, "stopping")
	return nil
}

// prepare makes a key under the conformance suite's policy and writes what is
// needed to use it.
func prepare(ctx context.Context, v *vaultserver.Cluster) (signer.KeyInfo, error) {
	policy := signertest.Policy(signertest.Name)
	key, err := v.CreateKey(ctx, v.Mount(), signer.NewKey{Name: signertest.Name, Class: signer.Containment, Policy: policy, Guardians: signertest.Guardians(signertest.Name)})
	if err != nil {
		return key, err
	}
	bot, err := v.BotToken(ctx, v.Mount(), signertest.Name)
	if err != nil {
		return key, err
	}
	request, err := json.MarshalIndent(signertest.Pause(signertest.Core, 0).Fields(), "", "  ")
	if err != nil {
		return key, err
	}
	files := map[string]string{
		"root-token": v.RootToken(), "bot-token": bot, "policy.json": policy, "pause.json": string(request), "passphrase": passphrase,
	}
	for _, id := range []string{"ana", "dee"} {
		if files[id+".json"], err = wallet(id); err != nil {
			return key, err
		}
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(v.Dir(), name), []byte(text), 0o600); err != nil {
			return key, err
		}
	}
	return key, nil
}

// passphrase opens the guardians' keystores. They guard a key on loopback that
// is gone with the server.
const passphrase = "firebreak"

// wallet is a guardian's keystore, as wallets write it.
func wallet(id string) (string, error) {
	key := consenttest.NewWallet(id)
	sealed, err := keystore.EncryptKey(&keystore.Key{Id: uuid.New(), Address: key.Address(), PrivateKey: key.Private()},
		passphrase, keystore.LightScryptN, keystore.LightScryptP)
	if err != nil {
		return "", fmt.Errorf("write the keystore of %s: %w", id, err)
	}
	return string(sealed), nil
}
