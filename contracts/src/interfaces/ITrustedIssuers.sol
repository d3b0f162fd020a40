// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice The part of ERC-3643's registry of trusted claim issuers that a
/// responder calls and reads.
/// @dev Removing an issuer that is not trusted reverts, as in the reference
/// implementation.
interface ITrustedIssuers {
    /// @notice Takes the issuer off the list: its claims count no longer.
    function removeTrustedIssuer(address trustedIssuer) external;

    /// @notice Whether the issuer's claims count.
    function isTrustedIssuer(address issuer) external view returns (bool);
}
