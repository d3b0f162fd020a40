// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice The part of a blocklist that a responder calls and reads.
/// @dev Names and idempotence are those of Circle's FiatToken: listing an
/// account that is listed already succeeds and changes nothing.
interface IBlacklistable {
    /// @notice Refuses `account` from now on.
    function blacklist(address account) external;

    /// @notice Accepts `account` again.
    function unBlacklist(address account) external;

    /// @notice Whether `account` is refused.
    function isBlacklisted(address account) external view returns (bool);
}
