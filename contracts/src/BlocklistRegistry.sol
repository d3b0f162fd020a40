// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {IBlacklistable} from "./interfaces/IBlacklistable.sol";

/// @title The list of accounts that the lab's token refuses
/// @notice Listing is cheap and unlisting is dear: two roles, two keys. The
/// key that contains an incident cannot end the containment.
contract BlocklistRegistry is AccessControl, IBlacklistable {
    /// @notice May list accounts, and nothing else.
    bytes32 public constant BLOCKLISTER_ROLE = keccak256("BLOCKLISTER_ROLE");

    /// @notice May take accounts off the list, and nothing else.
    bytes32 public constant RECOVERY_ROLE = keccak256("RECOVERY_ROLE");

    mapping(address account => bool) private _listed;

    /// @notice Accounts that can never be listed: listing the vault would lock
    /// everybody's deposit, which is what an attacker who holds the blocklister
    /// key would do first.
    mapping(address account => bool) public isProtected;

    event Blacklisted(address indexed account);
    event UnBlacklisted(address indexed account);
    event Protected(address indexed account);

    /// @notice `account` belongs to the protocol and is never listed.
    error ProtectedAccount(address account);

    /// @param admin Administers the roles.
    /// @param blocklister First holder of BLOCKLISTER_ROLE.
    /// @param recovery First holder of RECOVERY_ROLE.
    /// @param protectedAccounts The protocol's own contracts. The set is fixed
    /// here: no role can shrink it, and the addresses of contracts deployed
    /// later are known beforehand from deployer and nonce.
    constructor(
        address admin,
        address blocklister,
        address recovery,
        address[] memory protectedAccounts
    ) {
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        _grantRole(BLOCKLISTER_ROLE, blocklister);
        _grantRole(RECOVERY_ROLE, recovery);
        // Zero is the other side of every mint and burn.
        _protect(address(0));
        for (uint256 i = 0; i < protectedAccounts.length; i++) {
            _protect(protectedAccounts[i]);
        }
    }

    /// @inheritdoc IBlacklistable
    function blacklist(address account) external onlyRole(BLOCKLISTER_ROLE) {
        if (isProtected[account]) revert ProtectedAccount(account);
        if (_listed[account]) return;
        _listed[account] = true;
        emit Blacklisted(account);
    }

    /// @inheritdoc IBlacklistable
    function unBlacklist(address account) external onlyRole(RECOVERY_ROLE) {
        if (!_listed[account]) return;
        _listed[account] = false;
        emit UnBlacklisted(account);
    }

    /// @inheritdoc IBlacklistable
    function isBlacklisted(address account) external view returns (bool) {
        return _listed[account];
    }

    function _protect(address account) private {
        isProtected[account] = true;
        emit Protected(account);
    }
}
