// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {BlocklistRegistry} from "../../src/BlocklistRegistry.sol";
import {LabToken} from "../../src/LabToken.sol";
import {LabVault} from "../../src/LabVault.sol";
import {Drainer} from "../../src/attack/Drainer.sol";
import {RewardHarvester} from "../../src/attack/RewardHarvester.sol";
import {Cheats} from "./Cheats.sol";

/// @notice The lab's protocol with its people, as the Go helper deploys it:
/// an early depositor who was paid 1 reward per share, then users who bring
/// one million, then an attacker with a 24,000 stake.
abstract contract Range {
    Cheats internal constant vm = Cheats(address(uint160(uint256(keccak256("hevm cheat code")))));

    uint256 internal constant UNIT = 1e6;
    uint256 internal constant USERS = 20;
    uint256 internal constant DEPOSIT = 49_500 * UNIT;
    uint256 internal constant WALLET = 5_000 * UNIT;
    uint256 internal constant STAKE = 24_000 * UNIT;
    uint256 internal constant CAP = 25_000 * UNIT;
    uint256 internal constant WINDOW = 1 days;

    address internal admin = vm.addr(1);
    address internal responder = vm.addr(2);
    address internal recovery = vm.addr(3);
    address internal founder = vm.addr(4);
    address internal attacker = vm.addr(5);
    address internal loot = vm.addr(6);
    address internal stranger = vm.addr(7);

    BlocklistRegistry internal registry;
    LabToken internal token;
    LabVault internal vault;
    Drainer internal drainer;
    RewardHarvester internal harvester;

    function setUp() public virtual {
        deployProtocol();
        payEarlyRewards();
        bringUsers();
        deployAttack();
    }

    function deployProtocol() private {
        uint256 nonce = vm.getNonce(address(this));
        address[] memory own = new address[](2);
        own[0] = vm.computeCreateAddress(address(this), nonce + 1);
        own[1] = vm.computeCreateAddress(address(this), nonce + 2);
        registry = new BlocklistRegistry(admin, responder, recovery, own);
        token = new LabToken(registry, address(this), 10_000_000 * UNIT);
        LabVault.Holders memory holders = LabVault.Holders({
            admin: admin, pauser: responder, limiter: responder, recovery: recovery
        });
        vault = new LabVault(token, holders, CAP, WINDOW);
        vm.assertEq(own[0], address(token));
        vm.assertEq(own[1], address(vault));
    }

    function payEarlyRewards() private {
        uint256 early = 10_000 * UNIT;
        token.transfer(founder, early);
        depositAs(founder, early);
        token.approve(address(vault), early);
        vault.addRewards(early);
        vm.prank(founder);
        vault.claim(early, founder);
        nextBlock();
    }

    function bringUsers() private {
        for (uint256 i = 0; i < USERS; i++) {
            token.transfer(user(i), DEPOSIT + WALLET);
            depositAs(user(i), DEPOSIT);
        }
    }

    function deployAttack() private {
        token.transfer(attacker, STAKE);
        vm.startPrank(attacker);
        drainer = new Drainer(token);
        harvester = new RewardHarvester(vault, loot);
        token.approve(address(harvester), STAKE);
        harvester.open(STAKE);
        vm.stopPrank();
    }

    function user(uint256 i) internal pure returns (address) {
        return vm.addr(1000 + i);
    }

    function depositAs(address account, uint256 amount) internal {
        vm.startPrank(account);
        token.approve(address(vault), amount);
        vault.deposit(amount, account);
        vm.stopPrank();
    }

    /// @dev One block of 12 seconds: the cap per block is fresh afterwards.
    function nextBlock() internal {
        vm.roll(block.number + 1);
        vm.warp(block.timestamp + 12);
    }

    function harvest(uint256 atMost) internal {
        nextBlock();
        vm.prank(attacker);
        harvester.harvest(atMost);
    }

    function vaultBalance() internal view returns (uint256) {
        return token.balanceOf(address(vault));
    }

    function expectMissingRole(address account, bytes32 role) internal {
        vm.expectRevert(
            abi.encodeWithSelector(
                IAccessControl.AccessControlUnauthorizedAccount.selector, account, role
            )
        );
    }
}
