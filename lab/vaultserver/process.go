package vaultserver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// grace is how long a server gets to stop by itself.
const grace = 15 * time.Second

// process is a server in a process group of its own, with the plugins that it
// starts. A guard beside it ends the group when this process is gone, however
// it went: a test that runs into its time limit runs no cleanup.
type process struct {
	cmd   *exec.Cmd
	guard *exec.Cmd
	leash io.Closer // the guard waits for its end
	log   *os.File
	done  chan struct{}
}

func launch(name string, args []string, dir string) (*process, error) {
	log, err := os.OpenFile(dir+"/vault.log", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	p := &process{cmd: exec.Command(name, args...), log: log, done: make(chan struct{})}
	// No variable of the caller's is meant for this server.
	p.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir}
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = dir, log, log
	ownGroup(p.cmd)
	if err := p.cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", name, err), log.Close())
	}
	go func() {
		defer close(p.done)
		_ = p.cmd.Wait() // how it ended is told by its log
	}()
	if err := p.startGuard(); err != nil {
		p.kill()
		return nil, err
	}
	return p, nil
}

func (p *process) startGuard() error {
	p.guard = exec.Command("/bin/sh", "-c", `read -r _; kill -s KILL -- "-$1"`, "guard", fmt.Sprint(p.cmd.Process.Pid))
	ownGroup(p.guard) // a Ctrl-C in the terminal is not for it
	leash, err := p.guard.StdinPipe()
	if err != nil {
		return fmt.Errorf("start guard: %w", err)
	}
	p.leash = leash
	if err := p.guard.Start(); err != nil {
		p.guard = nil
		return fmt.Errorf("start guard: %w", err)
	}
	return nil
}

// stop asks the server to end, which ends its plugins, and insists after a
// while.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have gone
	select {
	case <-p.done:
		killGroup(p.cmd) // a server that ends does not always take its plugins along
		p.release()
	case <-time.After(grace):
		p.kill()
	}
}

// kill ends the server and its plugins at once, as a power cut would.
func (p *process) kill() {
	killGroup(p.cmd)
	<-p.done
	p.release()
}

// release lets the guard go first: what it guards may be somebody else's
// process group by then.
func (p *process) release() {
	if p.guard != nil {
		_ = p.guard.Process.Kill()
		_ = p.guard.Wait()
		_ = p.leash.Close()
		p.guard = nil
	}
	_ = p.log.Close()
}

// ended reports whether the process has ended.
func (p *process) ended() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// lastWords is the end of the log, for an error.
func (p *process) lastWords() string {
	text, _ := os.ReadFile(p.log.Name())
	if len(text) > 2000 {
		text = text[len(text)-2000:]
	}
	return string(bytes.TrimSpace(text))
}

// until calls probe until it says yes, at most until ctx ends. The last reason
// for a no is in the error.
func until(ctx context.Context, what string, probe func(context.Context) error) error {
	for {
		err := probe(ctx)
		if err == nil {
			return nil
		}
		if final, ok := errors.AsType[*hopeless](err); ok {
			return fmt.Errorf("%s: %w", what, final.error)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: %w; at last: %w", what, context.Cause(ctx), err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// hopeless is an error that no waiting mends.
type hopeless struct{ error }
