package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestMain is the door when the bench starts itself as one.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "-serve" {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT)
		err := beDoor(ctx, os.Args[2], "", os.Stdout)
		stop()
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func TestEveryLineIsMeasuredAndEveryAlertCounted(t *testing.T) {
	o := options{alerts: 100, rate: 500, runs: 1, open: 100 * time.Millisecond, dir: t.TempDir()}
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), o, &out))
	for _, l := range o.lines() {
		assert.Contains(t, out.String(), l.name)
	}
	assert.Contains(t, out.String(), "sync")
}

func TestTheLibrarysClientIsAnsweredToo(t *testing.T) {
	o := options{alerts: 100, rate: 1, runs: 1, open: 1, library: true, only: "8 clients", dir: t.TempDir()}
	assert.NoError(t, run(t.Context(), o, &bytes.Buffer{}))
}

func TestAPercentileIsATimeThatSoManyAreNotAbove(t *testing.T) {
	all := []time.Duration{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	assert.Equal(t, time.Duration(5), at(all, 50))
	assert.Equal(t, time.Duration(10), at(all, 99))
	assert.Equal(t, time.Duration(10), at(all, 100))
	assert.Zero(t, at(nil, 50))
}

func TestNothingIsMeasuredOfNothing(t *testing.T) {
	assert.Error(t, run(t.Context(), options{}, &bytes.Buffer{}))
	assert.Error(t, run(t.Context(), options{alerts: 10, rate: 1, runs: 1, open: 1}, &bytes.Buffer{}))
}
