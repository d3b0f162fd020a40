// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {LabToken} from "../src/LabToken.sol";
import {Drainer} from "../src/attack/Drainer.sol";
import {Range} from "./support/Range.sol";

contract DrainerTest is Range {
    function setUp() public override {
        super.setUp();
        for (uint256 i = 0; i < USERS; i++) {
            vm.prank(user(i));
            token.approve(address(drainer), type(uint256).max);
        }
    }

    function batch(uint256 from, uint256 size) private pure returns (address[] memory victims) {
        victims = new address[](size);
        for (uint256 i = 0; i < size; i++) {
            victims[i] = user(from + i);
        }
    }

    function test_TheDrainerTakesWhatPeopleApprovedBatchByBatch() public {
        for (uint256 from = 0; from < USERS; from += 4) {
            vm.prank(attacker);
            drainer.pull(batch(from, 4), loot);
        }
        vm.assertEq(token.balanceOf(loot), USERS * WALLET);
    }

    function test_ListingTheDrainerStopsItFromThatMoment() public {
        vm.prank(attacker);
        drainer.pull(batch(0, 4), loot);
        vm.prank(responder);
        registry.blacklist(address(drainer));
        vm.prank(attacker);
        vm.expectRevert(
            abi.encodeWithSelector(LabToken.BlacklistedAccount.selector, address(drainer))
        );
        drainer.pull(batch(4, 4), loot);
        vm.assertEq(token.balanceOf(loot), 4 * WALLET);
    }

    function test_PausingTheVaultDoesNotStopTheDrainer() public {
        vm.prank(responder);
        vault.pause();
        vm.prank(attacker);
        drainer.pull(batch(0, 4), loot);
        vm.assertEq(token.balanceOf(loot), 4 * WALLET);
    }

    function test_OnlyTheAttackerDrivesTheDrainer() public {
        vm.expectRevert(abi.encodeWithSelector(Drainer.NotOwner.selector, address(this)));
        drainer.pull(batch(0, 1), loot);
    }
}
