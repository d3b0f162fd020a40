package vault

import "errors"

// TokenRefused tells whether Vault answered 403: the token is gone, or its
// policy does not let it do this. It still matches signer.ErrUnavailable.
func TokenRefused(err error) bool { return errors.Is(err, errTokenRefused) }
