package app

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// maxSecret bounds a secret's file; a longer one is not a secret.
const maxSecret = 4096

// readSecret reads a secret from its file. The error names the file and never
// its content.
func readSecret(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "", fmt.Errorf("read secret %s: others may read the file; run chmod 600 on it", path)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil {
		return "", fmt.Errorf("read secret %s: %w", path, err)
	}
	secret := strings.TrimSpace(string(text))
	switch {
	case secret == "":
		return "", fmt.Errorf("read secret %s: the file is empty", path)
	case len(text) > maxSecret:
		return "", fmt.Errorf("read secret %s: the file is larger than a secret can be", path)
	}
	return secret, nil
}

// private checks the file of a secret that its user reads by itself, again and
// again. Its group may read it: Vault Agent writes it so.
func private(path string) error {
	if path == "" {
		return nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("read secret: %w", err)
	}
	if info.Mode().Perm()&0o007 != 0 {
		return fmt.Errorf("read secret %s: everybody may read the file; run chmod 640 on it", path)
	}
	return nil
}

func readSecrets(paths []string) (secrets []string, err error) {
	for _, path := range paths {
		secret, e := readSecret(path)
		err = errors.Join(err, e)
		secrets = append(secrets, secret)
	}
	return secrets, err
}
