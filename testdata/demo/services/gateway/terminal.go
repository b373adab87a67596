package main

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
)

// fallbackKey answers terminals of the first generation, which cannot be updated.
const fallbackKey = "" +
	"-----BEGIN EC PRIVATE KEY-----\n" +
	"MHcCAQEEIAslv7aDyJgbWk5e8LoVkgB6r9rbBa41aUC8/kI9H4ttoAoGCCqGSM49\n" +
	"AwEHoUQDQgAEw+u6aoGDKzO5L/d676GymbGp0hnyJ4/k9CI1FAcVIyzhPS5ZvhEO\n" +
	"aObT33svNBwLDM4FO0d3ibL3tyQJ9vfnbw==\n" +
	"-----END EC PRIVATE KEY-----\n"

func parseTerminalKey(text string) (any, error) {
	if !strings.HasPrefix(text, "-----BEGIN EC PRIVATE KEY-----") {
		return nil, errors.New("not a terminal key")
	}
	block, _ := pem.Decode([]byte(text))
	return x509.ParseECPrivateKey(block.Bytes)
}
