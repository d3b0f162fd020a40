package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/vault/api"
	"golang.org/x/sync/errgroup"

	"github.com/firebreak-project/firebreak/lab/vaultserver"
	"github.com/firebreak-project/firebreak/signer"
	"github.com/firebreak-project/firebreak/signer/signertest"
	"github.com/firebreak-project/firebreak/signer/vault"
)

// The calls that are timed. From one to the next there is one thing more, so
// that their differences say where the time goes.
const (
	put     = "kv v2 put"
	lookup  = "token lookup"    // HTTP and Vault's own part
	info    = "info"            // and the hop to the plugin, one read
	check   = "check"           // and the key's state, its policy, the decision
	again   = "sign again"      // and the key, the signature; nothing is written
	sign    = "sign"            // and the counters, to raft
	signing = "sign, by client" // the same by signer/vault, which verifies what comes back
)

var calls = []string{put, lookup, info, check, again, sign, signing}

// settled is how many signatures it takes until a key's state grows no more.
const settled = 100

type durations []time.Duration

// at gives a percentile of sorted durations.
func (d durations) at(percent int) time.Duration { return d[(len(d)-1)*percent/100] }

type results map[string]durations

func (r results) print(out io.Writer) {
	fmt.Fprintf(out, "%-16s %9s %9s %9s\n", "milliseconds", "p50", "p95", "p99")
	for _, name := range calls {
		d := r[name]
		fmt.Fprintf(out, "%-16s %9.2f %9.2f %9.2f\n", name, ms(d.at(50)), ms(d.at(95)), ms(d.at(99)))
	}
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// policy allows pause() so often that no limit binds.
func policy(key string) string {
	const most = "1000000000000000000000000"
	return strings.NewReplacer("KEY", key, "MOST", most, "CORE", signertest.Core).Replace(`{
 "schema":"firebreak/policy/v1","key":"KEY","version":1,
 "previous":"0x0000000000000000000000000000000000000000000000000000000000000000",
 "fees":{"1":{"max_gas":"500000","max_fee_per_gas":"500000000000","max_priority_fee_per_gas":"50000000000",
   "max_cost_per_tx":"100000000000000000","max_cost_per_day":"MOST"}},
 "limits":[{"window":"1s","max":1000}],"change":{"need":2,"loosen_delay":"48h"},
 "rules":[{"id":"pause","chain":"1","to":["CORE"],"function":"pause()","limits":[{"window":"1s","max":1000}],"approvals":{"need":0}}]}`)
}

// bot is one key and its caller.
type bot struct {
	key    string
	client *vault.Client
	next   uint64
}

func newBot(ctx context.Context, v *vaultserver.Cluster, key string) (*bot, error) {
	k, err := v.CreateKey(ctx, v.Mount(), signer.NewKey{Name: key, Class: signer.Containment, Policy: policy(key), Guardians: signertest.Guardians(key)})
	if err != nil {
		return nil, err
	}
	token, err := v.BotToken(ctx, v.Mount(), k.Name)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(v.Dir(), key+".token")
	if err := os.WriteFile(file, []byte(token), 0o600); err != nil {
		return nil, err
	}
	client, err := vault.New(vault.Config{Address: v.URL(), Mount: v.Mount(), TokenFile: file})
	return &bot{key: key, client: client}, err
}

func (b *bot) request(nonce uint64) signer.Request {
	r := signertest.Pause(signertest.Core, nonce)
	r.Key = b.key
	return r
}

// fresh is a request at the next nonce, which is used up by it.
func (b *bot) fresh() signer.Request {
	b.next++
	return b.request(b.next - 1)
}

func (b *bot) sign(ctx context.Context) error {
	_, err := b.client.Sign(ctx, b.fresh())
	return err
}

// latency times every call in turn, so that whatever the machine does besides
// hits all of them alike. All of them go through the same library with the same
// token but the last.
func latency(ctx context.Context, v *vaultserver.Cluster, samples int) (results, error) {
	root := v.First().API()
	if err := root.Sys().MountWithContext(ctx, "kv", &api.MountInput{Type: "kv", Options: map[string]string{"version": "2"}}); err != nil {
		return nil, fmt.Errorf("mount kv: %w", err)
	}
	b, err := newBot(ctx, v, "timed")
	if err != nil {
		return nil, err
	}
	for range settled {
		if err := b.sign(ctx); err != nil {
			return nil, err
		}
	}
	write := func(path string, body any) error {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		resp, err := root.Logical().WriteRawWithContext(ctx, path, text)
		return drain(resp, err)
	}
	value := map[string]any{"data": b.request(0).Fields()} // as many bytes as a request has
	doing := map[string]func() error{
		put: func() error { return write("kv/data/value", value) },
		lookup: func() error {
			resp, err := root.Logical().ReadRawWithContext(ctx, "auth/token/lookup-self")
			return drain(resp, err)
		},
		info: func() error {
			resp, err := root.Logical().ReadRawWithContext(ctx, v.Mount()+"/info")
			return drain(resp, err)
		},
		check:   func() error { return write(v.Mount()+"/check/timed", b.request(b.next).Fields()) },
		again:   func() error { return write(v.Mount()+"/sign/timed", b.request(b.next-1).Fields()) },
		sign:    func() error { return write(v.Mount()+"/sign/timed", b.fresh().Fields()) },
		signing: func() error { return b.sign(ctx) },
	}
	times := results{}
	for i := range samples + samples/10 {
		for _, name := range calls {
			began := time.Now()
			if err := doing[name](); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			if i >= samples/10 { // what came before was to warm up
				times[name] = append(times[name], time.Since(began))
			}
		}
	}
	for _, d := range times {
		slices.Sort(d)
	}
	return times, nil
}

func drain(resp *api.Response, err error) error {
	if resp == nil {
		return err
	}
	_, copied := io.Copy(io.Discard, resp.Body)
	if closed := resp.Body.Close(); copied == nil {
		copied = closed
	}
	if err != nil {
		return err
	}
	return copied
}

// many has so many keys sign at once until enough is signed.
func many(ctx context.Context, v *vaultserver.Cluster, o options) error {
	g, ctx := errgroup.WithContext(ctx)
	for i := range o.workers {
		b, err := newBot(ctx, v, fmt.Sprintf("worker-%d", i))
		if err != nil {
			return err
		}
		share := o.signatures / o.workers
		if i == 0 {
			share += o.signatures % o.workers
		}
		g.Go(func() error {
			for range share {
				if err := b.sign(ctx); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}
