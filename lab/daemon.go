package lab

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"time"

	"github.com/firebreak-project/firebreak/app"
	"github.com/firebreak-project/firebreak/approvals/slack"
)

// daemon is a running firebreak, in this process or in one of its own.
type daemon interface {
	// Addr and Admin are host:port.
	Addr() string
	Admin() string
	// Done is closed when it has stopped, for whatever reason.
	Done() <-chan struct{}
	// Stop ends it and waits.
	Stop() error
}

// inProcess are the options of a daemon in this process. In a storm the fake
// Slack has no limits, so nothing waits for them.
func (r *Range) inProcess() app.Options {
	o := app.Options{Log: r.o.Log, Version: "lab"}
	if r.o.Storm {
		o.Pace = slack.Unpaced()
	}
	return o
}

// inProcess is the app as `firebreak serve` would run it.
type inProcess struct{ a *app.App }

func startInProcess(ctx context.Context, config string, o app.Options) (daemon, error) {
	cfg, err := app.LoadConfig(config)
	if err != nil {
		return nil, fmt.Errorf("the lab's configuration is wrong: %w", err)
	}
	a, err := app.New(ctx, cfg, o)
	if err != nil {
		return nil, err
	}
	a.Start()
	return inProcess{a}, nil
}

func (d inProcess) Addr() string          { return d.a.Addr().String() }
func (d inProcess) Admin() string         { return d.a.AdminAddr().String() }
func (d inProcess) Done() <-chan struct{} { return d.a.Done() }
func (d inProcess) Stop() error           { return d.a.Stop() }

// process is the built binary, started as an operator would.
type process struct {
	cmd         *exec.Cmd
	addr, admin string
	done        chan struct{}
	log         *os.File
	once        sync.Once
}

var listens = regexp.MustCompile(`listens on (\S+), admin on (\S+)`)

// startProcess starts `binary serve` and waits for its line on standard
// output. Its log goes to firebreak.log beside the configuration.
func startProcess(ctx context.Context, binary, config string) (*process, error) {
	log, err := os.OpenFile(filepath.Join(filepath.Dir(config), "firebreak.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	p := &process{cmd: exec.Command(binary, "serve", "--config", config, "--log", "text"), done: make(chan struct{}), log: log}
	p.cmd.Stderr = log
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, errors.Join(err, log.Close())
	}
	if err := p.cmd.Start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", binary, err), log.Close())
	}
	line := make(chan []string, 1)
	go func() {
		defer close(p.done)
		scan := bufio.NewScanner(out)
		for scan.Scan() {
			if m := listens.FindStringSubmatch(scan.Text()); m != nil {
				line <- m
			}
		}
		p.cmd.Wait() // how it ended is told by its log
	}()
	select {
	case m := <-line:
		p.addr, p.admin = m[1], m[2]
		return p, nil
	case <-p.done:
		text, _ := os.ReadFile(log.Name()) // what there is of it
		return nil, errors.Join(fmt.Errorf("firebreak did not start:\n%s", text), log.Close())
	case <-ctx.Done():
		p.Kill()
		return nil, context.Cause(ctx)
	}
}

func (p *process) Addr() string          { return p.addr }
func (p *process) Admin() string         { return p.admin }
func (p *process) Done() <-chan struct{} { return p.done }

// Stop asks it to end, as an orchestrator would.
func (p *process) Stop() error {
	p.cmd.Process.Signal(syscall.SIGTERM) // it may have gone
	return p.wait()
}

// Kill ends it as a power cut would end the process.
func (p *process) Kill() {
	p.cmd.Process.Kill() // it may have gone
	p.wait()
}

func (p *process) wait() error {
	<-p.done
	var err error
	p.once.Do(func() { err = p.log.Close() })
	return err
}

// waitReady waits until /readyz says yes.
func waitReady(ctx context.Context, d daemon) error {
	var last string
	for {
		ready, answer, err := probe(ctx, "http://"+d.Admin()+"/readyz")
		if ready {
			return nil
		}
		if last = answer; err != nil {
			last = err.Error()
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("firebreak is not ready: %s: %w", last, context.Cause(ctx))
		case <-d.Done():
			return errors.New("firebreak has stopped before it was ready")
		case <-time.After(30 * time.Millisecond):
		}
	}
}

func probe(ctx context.Context, url string) (ready bool, answer string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false, "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	return resp.StatusCode == http.StatusOK, string(text), err
}
