package main

import (
	"bufio"
	"net/http"
	"regexp"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestServeSaysWhereTheApprovalPageIsAndServesIt(t *testing.T) {
	newSite(t)
	edit(t, "firebreak.yaml", "sources:", `console: {origin: "https://approve.example.org", listen: "127.0.0.1:0"}`+"\nsources:")
	d := startDaemon(t, -1)
	line, err := d.out.(*bufio.Reader).ReadString('\n')
	require.NoError(t, err)
	found := regexp.MustCompile(`^approval page https://approve\.example\.org, served on (\S+)\n$`).FindStringSubmatch(line)
	require.NotNil(t, found, line)
	for host, status := range map[string]int{"approve.example.org": http.StatusOK, "evil.example": http.StatusMisdirectedRequest} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+found[1]+"/", nil)
		require.NoError(t, err)
		req.Host = host
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, status, resp.StatusCode)
	}
	require.NoError(t, d.Process.Signal(syscall.SIGTERM))
	assert.Equal(t, exitOK, d.end(t))
}
