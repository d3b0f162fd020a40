// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {WithdrawalLimited} from "../src/WithdrawalLimited.sol";
import {LabToken} from "../src/LabToken.sol";
import {LabVault} from "../src/LabVault.sol";
import {RewardHarvester} from "../src/attack/RewardHarvester.sol";
import {Range} from "./support/Range.sol";

contract HarvestTest is Range {
    function test_TheHoleDrainsTheVaultInAboutFortyTransactions() public {
        uint256 steps = 0;
        while (vaultBalance() > 0) {
            harvest(type(uint256).max);
            steps++;
            vm.assertLe(steps, 50);
        }
        vm.assertGe(steps, 40);
        vm.assertEq(token.balanceOf(loot), 1_024_000 * UNIT);
        // Depositors are still promised everything: this gap is what a monitor sees.
        vm.assertEq(vault.totalAssets(), 1_024_000 * UNIT);
    }

    function test_OneTransactionTakesAtMostTheCapPerBlock() public {
        uint256 before = vaultBalance();
        harvest(type(uint256).max);
        vm.assertLe(before - vaultBalance(), CAP);
        vm.prank(attacker);
        vm.expectRevert(
            abi.encodeWithSelector(LabVault.BlockOutflowExceeded.selector, STAKE, CAP - STAKE)
        );
        harvester.harvest(type(uint256).max);
    }

    function test_TheHonestDepositorWhoNeverMovedSharesHasNothingToClaim() public view {
        for (uint256 i = 0; i < USERS; i++) {
            vm.assertEq(vault.claimable(user(i)), 0);
        }
    }

    function test_SharesHandedToANewAccountEarnTheWholePastAgain() public {
        vm.prank(user(0));
        vault.transfer(stranger, DEPOSIT);
        vm.assertEq(vault.claimable(stranger), DEPOSIT);
    }

    function test_AnAccountWithoutAContractCanRunTheAttackToo() public {
        vm.prank(user(0));
        vault.transfer(stranger, DEPOSIT);
        nextBlock();
        vm.prank(stranger);
        vault.claim(CAP, loot);
        vm.assertEq(token.balanceOf(loot), CAP);
    }

    function test_PauseStopsTheHarvestFromThatMoment() public {
        harvest(type(uint256).max);
        vm.prank(responder);
        vault.pause();
        uint256 left = vaultBalance();
        nextBlock();
        vm.prank(attacker);
        vm.expectRevert(Pausable.EnforcedPause.selector);
        harvester.harvest(type(uint256).max);
        vm.assertEq(vaultBalance(), left);
    }

    function test_ALimitOfZeroStopsTheHarvestFromThatMoment() public {
        harvest(type(uint256).max);
        vm.prank(responder);
        vault.setWithdrawalLimit(0, WINDOW);
        nextBlock();
        vm.prank(attacker);
        vm.expectRevert(
            abi.encodeWithSelector(WithdrawalLimited.WithdrawalLimitExceeded.selector, STAKE, 0)
        );
        harvester.harvest(type(uint256).max);
    }

    function test_ListingTheLootAccountStopsTheHarvestUntilItIsRedirected() public {
        vm.prank(responder);
        registry.blacklist(loot);
        nextBlock();
        vm.prank(attacker);
        vm.expectRevert(abi.encodeWithSelector(LabToken.BlacklistedAccount.selector, loot));
        harvester.harvest(type(uint256).max);
        vm.prank(attacker);
        harvester.redirect(stranger);
        harvest(type(uint256).max);
        vm.assertEq(token.balanceOf(stranger), STAKE);
    }

    function test_TheWindowLimitStopsTheSlowBleed() public {
        uint256 sip = 500 * UNIT;
        for (uint256 i = 0; i < 10; i++) {
            harvest(sip);
        }
        uint256 limit = vault.withdrawnInWindow() + sip;
        vm.prank(responder);
        vault.setWithdrawalLimit(limit, WINDOW);
        harvest(sip);
        nextBlock();
        vm.prank(attacker);
        vm.expectRevert(
            abi.encodeWithSelector(WithdrawalLimited.WithdrawalLimitExceeded.selector, sip, 0)
        );
        harvester.harvest(sip);
    }

    function test_OnlyTheAttackerDrivesTheHarvester() public {
        bytes memory refusal =
            abi.encodeWithSelector(RewardHarvester.NotOwner.selector, address(this));
        vm.expectRevert(refusal);
        harvester.harvest(1);
        vm.expectRevert(refusal);
        harvester.open(1);
        vm.expectRevert(refusal);
        harvester.redirect(stranger);
    }
}
