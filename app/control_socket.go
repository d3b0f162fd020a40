package app

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// ControlOff, as the config's control, is no control socket at all.
const ControlOff = "off"

// maxSocketPath is how long a socket's path may be everywhere (macOS has 104).
const maxSocketPath = 103

// listenControl makes the control socket. It is made where nobody else can look
// and only then put into its place, so that there is no moment in which others
// could speak to it. What a crashed daemon left there is replaced; a daemon that
// answers, and anything that is no socket, is not touched.
func listenControl(path string) (net.Listener, error) {
	dir := filepath.Dir(path)
	if err := usableFor(dir); err != nil {
		return nil, fmt.Errorf("open the control socket: %w", err)
	}
	if err := vacant(path); err != nil {
		return nil, fmt.Errorf("open the control socket: %w", err)
	}
	private, err := os.MkdirTemp(dir, ".c") // 0700
	if err != nil {
		return nil, fmt.Errorf("open the control socket: %w", err)
	}
	defer os.RemoveAll(private)
	made := filepath.Join(private, "s")
	address, done, err := socketAddress(made)
	if err != nil {
		return nil, err
	}
	defer done()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: address, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("open the control socket: %w", err)
	}
	l.SetUnlinkOnClose(false) // it is about to be somewhere else
	info, err := os.Lstat(made)
	if err == nil {
		err = errors.Join(os.Chmod(made, 0o600), os.Rename(made, path))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the control socket: %w", err), l.Close())
	}
	return &controlListener{UnixListener: l, path: path, info: info}, nil
}

// controlListener takes its socket away when it is closed.
type controlListener struct {
	*net.UnixListener
	path string
	info fs.FileInfo
	once sync.Once
}

// Close may be called twice. A socket that another daemon has put into the
// place meanwhile stays.
func (l *controlListener) Close() error {
	err := l.UnixListener.Close()
	l.once.Do(func() {
		if now, e := os.Lstat(l.path); e == nil && os.SameFile(now, l.info) {
			err = errors.Join(err, os.Remove(l.path))
		}
	})
	return err
}

// usableFor refuses a folder in which strangers could put a socket of theirs
// into the place of ours.
func usableFor(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if info.Mode().Perm()&0o002 != 0 {
		return fmt.Errorf("everybody may write in %s; name a path in a folder of the daemon's own with control: in the configuration", dir)
	}
	return nil
}

// vacant clears the place of what a crashed daemon left.
func vacant(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if info.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("%s is there and is no socket; name another path with control: in the configuration", path)
	}
	conn, err := dialControl(path)
	if err == nil {
		return errors.Join(fmt.Errorf("another daemon answers on %s; stop that one first, or name another path with control: in the configuration", path), conn.Close())
	}
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("nobody can tell whether another daemon has %s: %w", path, err)
	}
	return nil // nobody listens: the rename replaces it
}

// dialControl connects to a control socket.
func dialControl(path string) (net.Conn, error) {
	address, done, err := socketAddress(path)
	if err != nil {
		return nil, err
	}
	defer done()
	return net.DialTimeout("unix", address, 3*time.Second)
}

// socketAddress is a path that fits into a socket's address. A long one is
// named by its opened folder, where the system has names for those; done closes
// the folder again.
func socketAddress(path string) (address string, done func(), err error) {
	if len(path) <= maxSocketPath {
		return path, func() {}, nil
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return "", nil, err
	}
	address = fmt.Sprintf("/proc/self/fd/%d/%s", dir.Fd(), filepath.Base(path))
	if _, err := os.Stat(filepath.Dir(address)); err != nil || len(address) > maxSocketPath {
		return "", nil, errors.Join(fmt.Errorf("the path of the control socket is longer than %d bytes, which is all that a socket's may be; name a shorter one with control: in the configuration: %s",
			maxSocketPath, strings.ToValidUTF8(path, "?")), dir.Close())
	}
	return address, func() { dir.Close() }, nil
}

func ownUID() int { return os.Geteuid() }
