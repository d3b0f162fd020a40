// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IBlacklistable} from "./interfaces/IBlacklistable.sol";

/// @title The lab's dollar
/// @notice An ERC-20 with 6 decimals that asks a blocklist before every
/// transfer, as regulated stablecoins do.
contract LabToken is ERC20 {
    /// @notice The list that is asked. Fixed: a token whose list can be
    /// swapped has no list.
    IBlacklistable public immutable blocklist;

    /// @notice `account` is on the blocklist, as sender, recipient or spender.
    error BlacklistedAccount(address account);

    /// @param blocklist_ The list to ask.
    /// @param treasury Receives the whole supply.
    /// @param supply Base units to create; there is no minting afterwards.
    constructor(IBlacklistable blocklist_, address treasury, uint256 supply)
        ERC20("Lab Dollar", "USDX")
    {
        blocklist = blocklist_;
        _mint(treasury, supply);
    }

    /// @notice 6, as USDC and USDT have.
    function decimals() public pure override returns (uint8) {
        return 6;
    }

    /// @dev The caller is checked as well as both ends: a phishing contract
    /// that spends allowances is neither sender nor recipient of what it moves.
    function _update(address from, address to, uint256 value) internal override {
        _refuseListed(from);
        _refuseListed(to);
        _refuseListed(_msgSender());
        super._update(from, to, value);
    }

    function _refuseListed(address account) private view {
        if (blocklist.isBlacklisted(account)) revert BlacklistedAccount(account);
    }
}
