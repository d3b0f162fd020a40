// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice The part of a pausable contract that a responder calls and reads.
/// @dev Shaped after OpenZeppelin's Pausable: a second `pause` reverts.
interface IPausable {
    /// @notice Stops what the contract ties to the flag.
    function pause() external;

    /// @notice Lets it go on again.
    function unpause() external;

    /// @notice Whether the contract is stopped.
    function paused() external view returns (bool);
}
