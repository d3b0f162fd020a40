// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {WithdrawalLimited} from "../src/WithdrawalLimited.sol";
import {Range} from "./support/Range.sol";

contract WithdrawalLimitTest is Range {
    function setUp() public override {
        super.setUp();
        // What the founder was paid belongs to a window that is over.
        vm.warp(block.timestamp + WINDOW);
    }

    function tighten(uint256 limit, uint256 window) private {
        vm.prank(responder);
        vault.setWithdrawalLimit(limit, window);
    }

    function expectNotTighter(uint256 limit, uint256 window) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                WithdrawalLimited.WithdrawalLimitNotTighter.selector,
                limit,
                window,
                vault.withdrawalLimit(),
                vault.withdrawalWindow()
            )
        );
        tighten(limit, window);
    }

    function withdrawAs(address account, uint256 amount) private {
        vm.prank(account);
        vault.withdraw(amount, account, account);
    }

    function expectNothingLeaves() private {
        vm.expectRevert(
            abi.encodeWithSelector(ERC4626.ERC4626ExceededMaxWithdraw.selector, user(0), 1, 0)
        );
        withdrawAs(user(0), 1);
    }

    function test_ALooserLimitIsRefused() public {
        tighten(1000, WINDOW);
        expectNotTighter(1001, WINDOW);
        expectNotTighter(1000, WINDOW - 1);
        expectNotTighter(999, WINDOW - 1);
        expectNotTighter(type(uint256).max, WINDOW);
        vm.assertEq(vault.withdrawalLimit(), 1000);
        vm.assertEq(vault.withdrawalWindow(), WINDOW);
    }

    function testFuzz_TighteningNeverLetsMoreOut(uint256 limit, uint256 window) public {
        tighten(1000 * UNIT, WINDOW);
        withdrawAs(user(0), 400 * UNIT);
        uint256 before = vault.withdrawable();
        vm.prank(responder);
        try vault.setWithdrawalLimit(limit, window) {} catch {}
        vm.assertLe(vault.withdrawable(), before);
        vm.assertLe(vault.withdrawalLimit(), 1000 * UNIT);
        vm.assertTrue(vault.withdrawalLimit() == 0 || vault.withdrawalWindow() >= WINDOW);
    }

    function test_TheSameLimitAgainChangesNothing() public {
        tighten(1000, WINDOW);
        vm.recordLogs();
        tighten(1000, WINDOW);
        vm.assertEq(vm.getRecordedLogs().length, 0);
    }

    function test_SettingALimitAgainNeverRefillsIt() public {
        tighten(1000, WINDOW);
        withdrawAs(user(0), 900);
        tighten(1000, WINDOW);
        vm.assertEq(vault.withdrawable(), 100);
        tighten(950, WINDOW);
        vm.assertEq(vault.withdrawable(), 50);
        tighten(950, 2 * WINDOW);
        vm.assertEq(vault.withdrawable(), 50);
        tighten(500, 2 * WINDOW);
        vm.assertEq(vault.withdrawable(), 0);
        vm.assertEq(vault.withdrawnInWindow(), 900);
    }

    function test_ALimitCountsWhatLeftBeforeItWasSet() public {
        withdrawAs(user(0), 900);
        tighten(1000, WINDOW);
        vm.assertEq(vault.withdrawable(), 100);
    }

    function test_AShorterWindowForgetsNothing() public {
        withdrawAs(user(0), 900);
        vm.warp(block.timestamp + 2 hours);
        tighten(1000, 1 hours);
        vm.assertEq(vault.withdrawable(), 100);
        vm.warp(block.timestamp + 1 hours);
        vm.assertEq(vault.withdrawable(), 1000);
    }

    function test_ANewWindowOpensWhenTheOldOneIsOver() public {
        tighten(1000, WINDOW);
        withdrawAs(user(0), 1000);
        vm.assertEq(vault.withdrawable(), 0);
        nextBlock();
        vm.assertEq(vault.maxWithdraw(user(0)), 0);
        vm.warp(block.timestamp + WINDOW);
        vm.assertEq(vault.withdrawnInWindow(), 0);
        withdrawAs(user(0), 1000);
    }

    function test_ZeroMeansNothingLeaves() public {
        tighten(0, 1);
        vm.assertEq(vault.maxWithdraw(user(0)), 0);
        expectNothingLeaves();
        vm.warp(block.timestamp + 365 days);
        expectNothingLeaves();
        expectNotTighter(1, vault.MAX_WINDOW());
    }

    function test_TheLargestNumberMeansNoLimit() public view {
        vm.assertEq(vault.withdrawalLimit(), type(uint256).max);
        vm.assertEq(vault.withdrawable(), type(uint256).max);
    }

    function test_AnImpossibleWindowIsRefused() public {
        uint256 longest = vault.MAX_WINDOW();
        uint256[2] memory windows = [uint256(0), longest + 1];
        for (uint256 i = 0; i < windows.length; i++) {
            vm.expectRevert(
                abi.encodeWithSelector(
                    WithdrawalLimited.InvalidWithdrawalWindow.selector, windows[i]
                )
            );
            tighten(1, windows[i]);
        }
    }

    function test_OnlyTheRecoveryKeyLoosens() public {
        tighten(1000, WINDOW);
        withdrawAs(user(0), 900);
        expectMissingRole(responder, vault.RECOVERY_ROLE());
        vm.prank(responder);
        vault.loosenWithdrawalLimit(2000, WINDOW);
        vm.prank(recovery);
        vault.loosenWithdrawalLimit(2000, WINDOW);
        vm.assertEq(vault.withdrawable(), 1100);
    }

    function test_TheRecoveryKeyCannotTighten() public {
        expectMissingRole(recovery, vault.LIMITER_ROLE());
        vm.prank(recovery);
        vault.setWithdrawalLimit(0, WINDOW);
    }
}
