// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {LabVault} from "../src/LabVault.sol";
import {Range} from "./support/Range.sol";

contract VaultTest is Range {
    function test_OneShareIsOneBaseUnit() public view {
        vm.assertEq(vault.convertToShares(DEPOSIT), DEPOSIT);
        vm.assertEq(vault.convertToAssets(DEPOSIT), DEPOSIT);
        vm.assertEq(vault.balanceOf(user(0)), DEPOSIT);
    }

    function test_ADonationDoesNotMoveTheSharePrice() public {
        token.transfer(address(vault), 1_000_000 * UNIT);
        vm.assertEq(vault.convertToAssets(DEPOSIT), DEPOSIT);
    }

    function test_ADepositorLeavesInSlicesAndGetsEverythingBack() public {
        vm.startPrank(user(0));
        uint256 slices = 0;
        while (vault.balanceOf(user(0)) > 0) {
            nextBlock();
            vault.redeem(vault.maxRedeem(user(0)), user(0), user(0));
            slices++;
        }
        vm.stopPrank();
        vm.assertEq(slices, 2);
        vm.assertEq(token.balanceOf(user(0)), WALLET + DEPOSIT);
    }

    function test_RewardsAreSharedByShares() public {
        uint256 each = 100 * UNIT;
        uint256 total = each * vault.totalSupply() / DEPOSIT + 1;
        token.approve(address(vault), total);
        vault.addRewards(total);
        vm.assertEq(vault.claimable(user(0)), each);
        vm.prank(user(0));
        vault.redeem(CAP, user(0), user(0));
        vm.assertEq(vault.claimable(user(0)), each);
        nextBlock();
        vm.prank(user(0));
        vault.claim(each, user(0));
        vm.assertEq(vault.claimable(user(0)), 0);
    }

    function test_MoreRewardsThanEarnedAreRefused() public {
        vm.prank(user(0));
        vm.expectRevert(abi.encodeWithSelector(LabVault.ExceedsRewards.selector, user(0), 1, 0));
        vault.claim(1, user(0));
    }

    function test_AStrangerCannotRedeemSomebodyElsesShares() public {
        vm.prank(stranger);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientAllowance.selector, stranger, 0, 1)
        );
        vault.redeem(1, stranger, user(0));
    }
}
