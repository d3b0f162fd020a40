// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {BlocklistRegistry} from "../src/BlocklistRegistry.sol";
import {LabToken} from "../src/LabToken.sol";
import {Range} from "./support/Range.sol";

contract BlocklistTest is Range {
    function expectListed(address account) private {
        vm.expectRevert(abi.encodeWithSelector(LabToken.BlacklistedAccount.selector, account));
    }

    function test_AListedAccountNeitherSendsNorReceivesNorSpends() public {
        vm.prank(user(1));
        token.approve(user(0), 1);
        vm.prank(responder);
        registry.blacklist(user(0));

        expectListed(user(0));
        vm.prank(user(0));
        token.transfer(user(1), 1);
        expectListed(user(0));
        token.transfer(user(0), 1);
        expectListed(user(0));
        vm.prank(user(0));
        token.transferFrom(user(1), user(2), 1);
    }

    function test_ListingTwiceChangesNothing() public {
        vm.startPrank(responder);
        registry.blacklist(stranger);
        vm.recordLogs();
        registry.blacklist(stranger);
        vm.stopPrank();
        vm.assertEq(vm.getRecordedLogs().length, 0);
        vm.assertTrue(registry.isBlacklisted(stranger));
    }

    function test_UnlistingWhatIsNotListedChangesNothing() public {
        vm.recordLogs();
        vm.prank(recovery);
        registry.unBlacklist(stranger);
        vm.assertEq(vm.getRecordedLogs().length, 0);
    }

    function test_TheProtocolsOwnContractsCannotBeListed() public {
        address[3] memory own = [address(token), address(vault), address(0)];
        for (uint256 i = 0; i < own.length; i++) {
            vm.prank(responder);
            vm.expectRevert(
                abi.encodeWithSelector(BlocklistRegistry.ProtectedAccount.selector, own[i])
            );
            registry.blacklist(own[i]);
        }
    }

    function test_TheResponderCannotUnlist() public {
        vm.prank(responder);
        registry.blacklist(stranger);
        expectMissingRole(responder, registry.RECOVERY_ROLE());
        vm.prank(responder);
        registry.unBlacklist(stranger);
        vm.prank(recovery);
        registry.unBlacklist(stranger);
        vm.assertFalse(registry.isBlacklisted(stranger));
    }

    function test_TheRecoveryKeyCannotList() public {
        expectMissingRole(recovery, registry.BLOCKLISTER_ROLE());
        vm.prank(recovery);
        registry.blacklist(stranger);
    }
}
