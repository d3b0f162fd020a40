package app

import (
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheSocketIsForItsOwnerAloneAndGoesWithTheDaemon(t *testing.T) {
	path := socketIn(t)
	l, err := listenControl(path)
	require.NoError(t, err)
	info, err := os.Lstat(path)
	require.NoError(t, err)
	assert.Equal(t, fs.ModeSocket|0o600, info.Mode())
	require.NoError(t, l.Close())
	left, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	assert.Empty(t, left, "nothing is left behind")
}

func TestAStaleSocketIsReplacedAndALiveOneIsNot(t *testing.T) {
	path := socketIn(t)
	crashed, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	require.NoError(t, err)
	crashed.SetUnlinkOnClose(false)

	_, err = listenControl(path)
	assert.ErrorContains(t, err, "another daemon answers on "+path)
	conn, err := dialControl(path)
	require.NoError(t, err, "the one that answers is untouched")
	require.NoError(t, conn.Close())

	require.NoError(t, crashed.Close())
	l, err := listenControl(path)
	require.NoError(t, err)
	require.NoError(t, l.Close())
}

func TestWhatIsNoSocketIsNeverRemoved(t *testing.T) {
	path := socketIn(t)
	require.NoError(t, os.WriteFile(path, []byte("precious"), 0o600))
	_, err := listenControl(path)
	assert.ErrorContains(t, err, "is no socket")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "precious", string(text))

	require.NoError(t, os.Remove(path))
	require.NoError(t, os.Symlink("/dev/null", path))
	_, err = listenControl(path)
	assert.ErrorContains(t, err, "is no socket", "a link is not followed")
}

func TestASocketIsNotPutWhereEverybodyMayWrite(t *testing.T) {
	path := socketIn(t)
	require.NoError(t, os.Chmod(filepath.Dir(path), 0o777))
	_, err := listenControl(path)
	assert.ErrorContains(t, err, "everybody may write in")
	_, err = listenControl(filepath.Join(filepath.Dir(path), "nowhere", "s"))
	assert.ErrorIs(t, err, fs.ErrNotExist)
}

func TestASocketThatAnotherDaemonPutThereStaysAtTheEnd(t *testing.T) {
	path := socketIn(t)
	first, err := listenControl(path)
	require.NoError(t, err)
	require.NoError(t, os.Remove(path))
	second, err := listenControl(path)
	require.NoError(t, err)
	require.NoError(t, first.Close())
	conn, err := dialControl(path)
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	require.NoError(t, second.Close())
}

func TestTheKernelSaysWhoIsOnTheOtherSide(t *testing.T) {
	path := socketIn(t)
	l, err := listenControl(path)
	require.NoError(t, err)
	defer l.Close()
	client, err := dialControl(path)
	require.NoError(t, err)
	defer client.Close()
	server, err := l.Accept()
	require.NoError(t, err)
	defer server.Close()
	require.NoError(t, server.SetDeadline(time.Now().Add(10*time.Second)))
	assert.Equal(t, peer{uid: os.Geteuid(), known: true}, peerOf(server))
}
