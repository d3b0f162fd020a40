package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// asFirebreak, in the environment, makes the test's binary be firebreak. Its
// value is how large a file may grow, in bytes; -1 is no limit.
const asFirebreak = "FIREBREAK_TEST_FILE_LIMIT"

func TestMain(m *testing.M) {
	limit, is := os.LookupEnv(asFirebreak)
	if !is {
		os.Exit(m.Run())
	}
	if n, err := strconv.ParseUint(limit, 10, 64); err == nil {
		// What a full disk is to the journal, for users who may not mount one.
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: n}); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(99)
		}
	}
	os.Exit(run(os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}

// command is firebreak as a process of its own.
func command(t *testing.T, limit int, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", asFirebreak, limit))
	return cmd
}

// wait runs a command to its end.
func wait(t *testing.T, cmd *exec.Cmd) answer {
	t.Helper()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if _, exited := err.(*exec.ExitError); !exited {
		require.NoError(t, err)
	}
	return answer{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// asNobody makes a command run as a user whom permissions bind, who gets the
// folder. Root is bound by none; anybody else is already.
func asNobody(t *testing.T, cmd *exec.Cmd, dir string) {
	t.Helper()
	if os.Getuid() != 0 {
		return
	}
	const nobody = 65534
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o755))
	require.NoError(t, filepath.Walk(dir, func(path string, _ os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, nobody, nobody)
	}))
}

// daemon is `firebreak serve` as a process.
type daemon struct {
	*exec.Cmd
	addr, admin string
	errs        bytes.Buffer
	out         io.Reader
}

var listens = regexp.MustCompile(`^firebreak \S+ listens on (\S+), admin on (\S+)$`)

// startDaemon returns when the daemon says where it listens.
func startDaemon(t *testing.T, limit int) *daemon {
	t.Helper()
	d := &daemon{Cmd: command(t, limit, "serve")}
	d.Stderr = &d.errs
	out, err := d.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, d.Start())
	t.Cleanup(func() {
		d.Process.Kill() // it may have ended
		d.Wait()
	})
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	require.NoError(t, err, "it says where it listens")
	found := listens.FindStringSubmatch(line[:len(line)-1])
	require.NotNil(t, found, line)
	d.out, d.addr, d.admin = lines, found[1], found[2]
	return d
}

// end waits for the daemon's end and returns its exit code.
func (d *daemon) end(t *testing.T) int {
	t.Helper()
	rest, err := io.ReadAll(d.out) // until it closes its standard output
	assert.NoError(t, err)
	assert.Empty(t, string(rest), "one line on standard output and no more")
	err = d.Wait()
	if _, exited := err.(*exec.ExitError); !exited {
		assert.NoError(t, err)
	}
	return d.ProcessState.ExitCode()
}
