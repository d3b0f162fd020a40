// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {Range} from "./support/Range.sol";

contract PauseTest is Range {
    function pauseVault() private {
        vm.prank(responder);
        vault.pause();
    }

    function test_NothingEntersOrLeavesAPausedVault() public {
        pauseVault();
        vm.startPrank(user(0));
        token.approve(address(vault), 3);
        vm.expectRevert(Pausable.EnforcedPause.selector);
        vault.withdraw(1, user(0), user(0));
        vm.expectRevert(Pausable.EnforcedPause.selector);
        vault.redeem(1, user(0), user(0));
        vm.expectRevert(Pausable.EnforcedPause.selector);
        vault.claim(0, user(0));
        vm.expectRevert(Pausable.EnforcedPause.selector);
        vault.addRewards(1);
        vm.expectRevert(
            abi.encodeWithSelector(ERC4626.ERC4626ExceededMaxDeposit.selector, user(0), 1, 0)
        );
        vault.deposit(1, user(0));
        vm.expectRevert(
            abi.encodeWithSelector(ERC4626.ERC4626ExceededMaxMint.selector, user(0), 1, 0)
        );
        vault.mint(1, user(0));
        vm.stopPrank();
    }

    function test_APausedVaultAdvertisesThatNothingMayEnterOrLeave() public {
        pauseVault();
        vm.assertEq(vault.maxDeposit(user(0)), 0);
        vm.assertEq(vault.maxMint(user(0)), 0);
        vm.assertEq(vault.maxWithdraw(user(0)), 0);
        vm.assertEq(vault.maxRedeem(user(0)), 0);
    }

    function test_ASecondPauseReverts() public {
        pauseVault();
        vm.expectRevert(Pausable.EnforcedPause.selector);
        pauseVault();
        vm.assertTrue(vault.paused());
    }

    function test_TheResponderCannotUnpause() public {
        pauseVault();
        expectMissingRole(responder, vault.RECOVERY_ROLE());
        vm.prank(responder);
        vault.unpause();
        vm.prank(recovery);
        vault.unpause();
        vm.assertFalse(vault.paused());
    }

    function test_TheRecoveryKeyCannotPause() public {
        expectMissingRole(recovery, vault.PAUSER_ROLE());
        vm.prank(recovery);
        vault.pause();
    }

    function test_UnpausingWhatIsNotPausedReverts() public {
        vm.expectRevert(Pausable.ExpectedPause.selector);
        vm.prank(recovery);
        vault.unpause();
    }
}
