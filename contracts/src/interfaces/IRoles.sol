// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice The part of OpenZeppelin's AccessControl that a responder needs.
interface IRoles {
    /// @notice Whether `account` holds `role`.
    function hasRole(bytes32 role, address account) external view returns (bool);

    /// @notice The role whose holders may grant and revoke `role`.
    function getRoleAdmin(bytes32 role) external view returns (bytes32);

    /// @notice Gives `role` to `account`.
    function grantRole(bytes32 role, address account) external;

    /// @notice Takes `role` from `account`; no-op when it does not hold it.
    function revokeRole(bytes32 role, address account) external;
}
