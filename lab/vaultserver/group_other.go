//go:build !unix

package vaultserver

import (
	"errors"
	"os/exec"
)

func ownGroup(*exec.Cmd) {}

func killGroup(cmd *exec.Cmd) { _ = cmd.Process.Kill() }

func hangUp(*exec.Cmd) error { return errors.New("this system has no SIGHUP") }
