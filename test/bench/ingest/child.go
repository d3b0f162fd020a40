package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
)

// door is a front door in a process of its own.
type door struct {
	cmd  *exec.Cmd
	addr string
}

func startDoor(ctx context.Context, dir, profile string) (*door, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "-serve", dir, "-cpuprofile", profile)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the door: %w", err)
	}
	d := &door{cmd: cmd}
	if d.addr, err = readLine(out); err != nil {
		return nil, errors.Join(fmt.Errorf("start the door: %w", err), d.stop())
	}
	return d, nil
}

func (d *door) stop() error {
	d.cmd.Process.Signal(syscall.SIGINT) // it may have gone
	return d.cmd.Wait()
}

func (d *door) state() (s state, err error) {
	resp, err := http.Get("http://" + d.addr + "/state")
	if err != nil {
		return s, err
	}
	defer resp.Body.Close()
	return s, json.NewDecoder(resp.Body).Decode(&s)
}

// peak is the most memory that a process has had resident, in bytes; zero where
// there is no /proc.
func peak(pid int) int64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	for line := range strings.Lines(string(text)) {
		var kib int64
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kib); n == 1 {
			return kib << 10
		}
	}
	return 0
}
