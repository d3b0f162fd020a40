#!/usr/bin/env bash
# Computes every known answer with openssl alone and prints name and value, one
# per line; vectors.txt holds what it printed. What openssl signs with a random
# number (ECDSA) is verified in place of being computed again.
set -euo pipefail
cd "$(dirname "$0")"

secret=firebreak-test-secret
date_text='Sat, 01 Aug 2026 10:00:00 GMT' # 1785578400
seconds=1785578400
millis=1785578400000

# hmac KEY: lower-case hex of HMAC-SHA256 over standard input.
hmac() { openssl dgst -sha256 -hmac "$1" -r | cut -d' ' -f1; }

body() { printf %s "$(cat "$1")"; } # without a last newline

echo "tenderly $( (body tenderly.json; printf %s "$date_text") | hmac $secret)"
echo "ozmonitor $( (body ozmonitor.json; printf %s "$millis") | hmac $secret)"
echo "ozrelayer $(body ozrelayer.json | openssl dgst -sha256 -hmac $secret -binary | base64 -w0)"
echo "grafana $(body grafana.json | hmac $secret)"
echo "grafana-dated $( (printf %s: $seconds; body grafana.json) | hmac $secret)"
echo "pagerduty v1=$(body pagerduty.json | hmac $secret),v1=$(body pagerduty.json | hmac old-secret)"
echo "generic v1=$( (printf %s. $seconds; body generic.json) | hmac $secret)"
echo "risk-sentinel sha256=$( (printf %s. $millis; body risk-sentinel.json) | hmac $secret)"

# Hypernative: ECDSA P-256 with SHA-256 over the text of data.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
openssl pkey -in ../keys/p256.pem -pubout -out "$work/p256.pub" 2>/dev/null
body hypernative.data >"$work/data"
base64 -d hypernative.signature >"$work/signature"
echo "hypernative $(openssl dgst -sha256 -verify "$work/p256.pub" -signature "$work/signature" "$work/data")"
# One of today, for whoever runs this.
echo "hypernative-fresh $(openssl dgst -sha256 -sign ../keys/p256.pem "$work/data" | base64 -w0)"

# Forta: ECDSA secp256k1 over keccak-256 of header and claims. openssl 3.0 has no
# keccak: the digest is given, and what is checked here is r and s.
xxd -r -p forta.digest >"$work/digest"
{ # the public key: the algorithm's header, and the point
	printf 3056301006072a8648ce3d020106052b8104000a034200
	cat forta.point
} | xxd -r -p >"$work/forta.der"
xxd -r -p forta.signature.der >"$work/forta.signature"
echo "forta $(openssl pkeyutl -verify -pubin -keyform DER -inkey "$work/forta.der" -in "$work/digest" -sigfile "$work/forta.signature")"
