package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
)

// sender sends one delivery and reads its answer to the end. One goroutine has
// it.
type sender interface {
	send(d *delivery) (status int, err error)
	Close() error
}

func newSender(o options, host string) (sender, error) {
	if o.library {
		return &client{http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1}}, "http://" + host + path}, nil
	}
	conn, err := net.Dial("tcp", host)
	if err != nil {
		return nil, err
	}
	return &socket{conn, bufio.NewReader(conn)}, nil
}

// client is the library's.
type client struct {
	http.Client
	url string
}

func (c *client) send(d *delivery) (int, error) {
	req, err := http.NewRequest(http.MethodPost, c.url, bytes.NewReader(d.body))
	if err != nil {
		return 0, err
	}
	req.Header = d.header
	resp, err := c.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

func (c *client) Close() error { c.CloseIdleConnections(); return nil }

// socket is one connection that is kept.
type socket struct {
	net.Conn
	in *bufio.Reader
}

func (s *socket) send(d *delivery) (int, error) {
	if _, err := s.Write(d.bytes); err != nil {
		return 0, err
	}
	line, err := s.in.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
		return 0, fmt.Errorf("an answer begins with %q", line)
	}
	status, err := strconv.Atoi(string(line[9:12]))
	if err != nil {
		return 0, fmt.Errorf("an answer begins with %q", line)
	}
	length := -1
	for {
		line, err := s.in.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			break
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(value)); err != nil {
				return 0, err
			}
		}
	}
	if length < 0 {
		return 0, errors.New("an answer has no length")
	}
	_, err = s.in.Discard(length)
	return status, err
}
