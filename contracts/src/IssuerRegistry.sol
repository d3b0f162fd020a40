// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {ITrustedIssuers} from "./interfaces/ITrustedIssuers.sol";

/// @title Whose claims about identities count, for practice
/// @notice As ERC-3643's registry of trusted issuers, but that removing is a
/// role of its own: a leaked key of an issuer is answered in seconds, and
/// nobody who can answer it can let an issuer in.
contract IssuerRegistry is AccessControl, ITrustedIssuers {
    /// @notice May take issuers off the list, and nothing else.
    bytes32 public constant REVOKER_ROLE = keccak256("REVOKER_ROLE");

    mapping(address issuer => uint256[] topics) private _topics;

    event TrustedIssuerAdded(address indexed trustedIssuer, uint256[] claimTopics);
    event TrustedIssuerRemoved(address indexed trustedIssuer);

    constructor(address admin, address revoker) {
        _grantRole(DEFAULT_ADMIN_ROLE, admin);
        _grantRole(REVOKER_ROLE, revoker);
    }

    /// @notice Lets an issuer's claims about the topics count.
    function addTrustedIssuer(address trustedIssuer, uint256[] calldata claimTopics)
        external
        onlyRole(DEFAULT_ADMIN_ROLE)
    {
        require(claimTopics.length > 0, "trusted claim topics cannot be empty");
        require(_topics[trustedIssuer].length == 0, "trusted Issuer already exists");
        _topics[trustedIssuer] = claimTopics;
        emit TrustedIssuerAdded(trustedIssuer, claimTopics);
    }

    /// @inheritdoc ITrustedIssuers
    function removeTrustedIssuer(address trustedIssuer) external onlyRole(REVOKER_ROLE) {
        require(_topics[trustedIssuer].length > 0, "NOT a trusted issuer");
        delete _topics[trustedIssuer];
        emit TrustedIssuerRemoved(trustedIssuer);
    }

    /// @inheritdoc ITrustedIssuers
    function isTrustedIssuer(address issuer) external view returns (bool) {
        return _topics[issuer].length > 0;
    }
}
