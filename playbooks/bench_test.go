package playbooks_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/incident"
	"github.com/firebreak-project/firebreak/playbooks"
)

// aThousand lays out playbooks whose conditions differ, so that none of them
// repeats another. Every tenth is for the other rule when mixed.
func aThousand(condition string, mixed bool) fstest.MapFS {
	fsys := fstest.MapFS{"inventory.yaml": {Data: []byte(goodInventory)}}
	for i := range 1000 {
		name := fmt.Sprintf("p%d", i)
		text := strings.Replace(goodPlaybook, "name: drain", "name: "+name, 1)
		text = strings.Replace(text, whenBlock, "  when: |\n    "+strings.ReplaceAll(condition, "N", fmt.Sprint(250_000+i))+"\n", 1)
		if mixed && i%10 != 0 {
			text = strings.Replace(text, "rules: [vault.outflow-spike]", "rules: [approval.phish]", 1)
		}
		fsys["playbooks/"+name+".yaml"] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

const simple = `alert.contract == "lab-vault" && alert.loss >= amount("N USDX")`

// BenchmarkOneAlertAgainstAThousandPlaybooks: none of them matches, so every
// condition is evaluated to its end. "one rule" is the worst that an inventory
// can do; "two rules" has a tenth of them for the alert's.
func BenchmarkOneAlertAgainstAThousandPlaybooks(b *testing.B) {
	for _, c := range []struct {
		name, condition string
		mixed           bool
	}{
		{"one rule", simple, false},
		{"two rules", simple, true},
		{"a list of 256 suspects", `alert.suspects.exists(s, s == account("treasury")) && alert.loss >= amount("N USDX")`, false},
	} {
		b.Run(c.name, func(b *testing.B) {
			set, err := playbooks.LoadFS(aThousand(c.condition, c.mixed), "inventory.yaml", "playbooks")
			require.NoError(b, err)
			alert := drain()
			alert.Loss = loss("1")
			alert.Suspects = nil
			for i := range 256 {
				alert.Suspects = append(alert.Suspects, common.BigToAddress(incident.NewQuantity(uint64(1+i)).Big()))
			}
			b.ReportAllocs()
			for b.Loop() {
				if len(set.Match(alert)) > 0 {
					b.Fatal("the loss is below the threshold")
				}
			}
		})
	}
}

func BenchmarkLoadAThousandPlaybooks(b *testing.B) {
	fsys := aThousand(simple, false)
	for b.Loop() {
		_, err := playbooks.LoadFS(fsys, "inventory.yaml", "playbooks")
		require.NoError(b, err)
	}
}
