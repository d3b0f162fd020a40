package contracts_test

import (
	"encoding/hex"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/firebreak-project/firebreak/contracts"
)

var (
	alice = common.HexToAddress("0x00000000000000000000000000000000000A11cE")
	bobby = common.HexToAddress("0x0000000000000000000000000000000000000B0b")
)

const (
	aliceWord = "00000000000000000000000000000000000000000000000000000000000a11ce"
	bobbyWord = "0000000000000000000000000000000000000000000000000000000000000b0b"
	tenWord   = "000000000000000000000000000000000000000000000000000000000000000a"
	hourWord  = "0000000000000000000000000000000000000000000000000000000000000e10"
	maxWord   = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
)

// must is for builders whose arguments are good in the table itself.
func must(t *testing.T, data []byte, err error) []byte {
	t.Helper()
	require.NoError(t, err)
	return data
}

// The bytes are written out, not computed: selectors from the vendors'
// interfaces, words from the ABI specification.
func TestEveryCallPacksTheDocumentedBytes(t *testing.T) {
	role := contracts.Role(contracts.PauserRole)
	roleWord := hex.EncodeToString(role[:])
	ten := big.NewInt(10)
	set, err := contracts.SetWithdrawalLimit(ten, time.Hour)
	set = must(t, set, err)
	loosen, err := contracts.LoosenWithdrawalLimit(contracts.UnlimitedWithdrawal(), time.Hour)
	loosen = must(t, loosen, err)
	transfer, err := contracts.Transfer(alice, ten)
	transfer = must(t, transfer, err)
	approve, err := contracts.Approve(alice, ten)
	approve = must(t, approve, err)
	transferFrom, err := contracts.TransferFrom(alice, bobby, ten)
	transferFrom = must(t, transferFrom, err)

	for want, data := range map[string][]byte{
		"8456cb59":                                   contracts.Pause(),
		"3f4ba83a":                                   contracts.Unpause(),
		"5c975abb":                                   contracts.PausedQuery(),
		"f9f92be4" + aliceWord:                       contracts.Blacklist(alice),
		"1a895266" + aliceWord:                       contracts.UnBlacklist(alice),
		"fe575a87" + aliceWord:                       contracts.IsBlacklistedQuery(alice),
		"91d14854" + roleWord + aliceWord:            contracts.HasRoleQuery(role, alice),
		"248a9ca3" + roleWord:                        contracts.RoleAdminQuery(role),
		"2f2ff15d" + roleWord + aliceWord:            contracts.GrantRole(role, alice),
		"d547741f" + roleWord + aliceWord:            contracts.RevokeRole(role, alice),
		"18160ddd":                                   contracts.TotalSupplyQuery(),
		"313ce567":                                   contracts.DecimalsQuery(),
		"70a08231" + aliceWord:                       contracts.BalanceOfQuery(alice),
		"dd62ed3e" + aliceWord + bobbyWord:           contracts.AllowanceQuery(alice, bobby),
		"a9059cbb" + aliceWord + tenWord:             transfer,
		"095ea7b3" + aliceWord + tenWord:             approve,
		"23b872dd" + aliceWord + bobbyWord + tenWord: transferFrom,
		selectorHex("setWithdrawalLimit(uint256,uint256)") + tenWord + hourWord:    set,
		selectorHex("loosenWithdrawalLimit(uint256,uint256)") + maxWord + hourWord: loosen,
		selectorHex("withdrawalLimit()"):                                           contracts.WithdrawalLimitQuery(),
		selectorHex("withdrawalWindow()"):                                          contracts.WithdrawalWindowQuery(),
		selectorHex("withdrawnInWindow()"):                                         contracts.WithdrawnInWindowQuery(),
		selectorHex("withdrawable()"):                                              contracts.WithdrawableQuery(),
	} {
		assert.Equal(t, want, hex.EncodeToString(data))
	}
}

func selectorHex(signature string) string {
	id := contracts.Selector(signature)
	return hex.EncodeToString(id[:])
}

func TestALimitThatCannotBeEncodedIsRefused(t *testing.T) {
	one := big.NewInt(1)
	for name, bad := range map[string]struct {
		limit  *big.Int
		window time.Duration
	}{
		"no limit":           {nil, time.Hour},
		"negative limit":     {big.NewInt(-1), time.Hour},
		"limit wraps to 0":   {new(big.Int).Lsh(one, 256), time.Hour},
		"no window":          {one, 0},
		"negative window":    {one, -time.Second},
		"parts of a second":  {one, 1500 * time.Millisecond},
		"less than a second": {one, time.Nanosecond},
	} {
		_, err := contracts.SetWithdrawalLimit(bad.limit, bad.window)
		assert.Error(t, err, name)
		_, err = contracts.LoosenWithdrawalLimit(bad.limit, bad.window)
		assert.Error(t, err, name)
	}
}

func TestAnAmountThatIsNoUint256IsRefused(t *testing.T) {
	for _, bad := range []*big.Int{nil, big.NewInt(-1), new(big.Int).Lsh(big.NewInt(1), 256)} {
		var d contracts.Deployment
		for name, build := range map[string]func() error{
			"transfer":     func() error { _, err := contracts.Transfer(alice, bad); return err },
			"approve":      func() error { _, err := contracts.Approve(alice, bad); return err },
			"transferFrom": func() error { _, err := contracts.TransferFrom(alice, bobby, bad); return err },
			"redeem":       func() error { _, err := contracts.VaultRedeem(bad, alice); return err },
			"deposit":      func() error { _, err := contracts.VaultDeposit(bad, alice); return err },
			"claim":        func() error { _, err := contracts.VaultClaim(bad, alice); return err },
			"open":         func() error { _, err := d.OpenHarvest(alice, bad); return err },
			"harvest":      func() error { _, err := d.Harvest(alice, bad); return err },
		} {
			assert.Error(t, build(), name)
		}
	}
}

func TestRoleIDsFollowTheConvention(t *testing.T) {
	assert.Equal(t, common.Hash{}, contracts.Role(contracts.DefaultAdminRole))
	assert.Equal(t, "0x65d7a28e3265b37a6474929f336521b332c1681b933f6cb9f3376673440d862a",
		strings.ToLower(contracts.Role(contracts.PauserRole).Hex()))
}
