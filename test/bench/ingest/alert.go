package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/firebreak-project/firebreak/alerts"
)

const (
	sourceName = "detector"
	secret     = "a-secret-of-the-bench-of-no-worth"
	keys       = 20 // incidents that the alerts belong to
)

// delivery is one POST: as a request of the library, and as the bytes of one.
type delivery struct {
	body   []byte
	header http.Header
	bytes  []byte
}

// deliveries are n alerts, each id repeats times, made and signed before the
// clock starts. Their ids are random, as a vendor's are.
func deliveries(host string, n, repeats int) ([]delivery, error) {
	ids := make([]string, max(1, n/repeats))
	for i := range ids {
		ids[i] = rand.Text()
	}
	all := make([]delivery, n)
	for i := range all {
		id := i % len(ids)
		body, err := json.Marshal(map[string]any{
			"id": ids[id], "rule": "vault.outflow-spike", "severity": "high", "chain": "lab", "contract": "0x1111111111111111111111111111111111111111",
			"suspects": []string{"0x2222222222222222222222222222222222222222"}, "loss": map[string]string{"amount": "250000.5", "token": "USDX"},
			"confidence": 0.97, "tx": "0x3333333333333333333333333333333333333333333333333333333333333333",
			"occurred": time.Now().UTC().Format(time.RFC3339), "labels": map[string]string{"n": fmt.Sprint(id % keys), "env": "production"},
			"summary": "Outflow of lab-vault is above 250,000 USDX in five minutes", "link": "https://detector.example.org/alerts/" + ids[id],
		})
		if err != nil {
			return nil, err
		}
		h := alerts.SignGeneric(secret, body, time.Now())
		h.Set("Content-Type", "application/json")
		all[i] = delivery{body, h, onWire(host, h, body)}
	}
	return all, nil
}

// onWire is a request as it stands on a socket.
func onWire(host string, h http.Header, body []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Length: %d\r\n", path, host, len(body))
	h.Write(&b) // a buffer takes it
	b.WriteString("\r\n")
	b.Write(body)
	return b.Bytes()
}

const path = "/v1/alerts/" + sourceName
