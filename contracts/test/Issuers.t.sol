// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IAccessControl} from "@openzeppelin/contracts/access/IAccessControl.sol";
import {IssuerRegistry} from "../src/IssuerRegistry.sol";
import {Range} from "./support/Range.sol";

contract IssuersTest is Range {
    IssuerRegistry private issuers;
    address private issuer = address(0x15507);

    function prepare() private {
        issuers = new IssuerRegistry(address(this), responder);
        uint256[] memory topics = new uint256[](1);
        topics[0] = 7;
        issuers.addTrustedIssuer(issuer, topics);
    }

    function test_ARemovedIssuerIsTrustedNoMore() public {
        prepare();
        vm.assertTrue(issuers.isTrustedIssuer(issuer));
        vm.prank(responder);
        issuers.removeTrustedIssuer(issuer);
        vm.assertTrue(!issuers.isTrustedIssuer(issuer));
    }

    function test_RemovingWhoIsNotTrustedReverts() public {
        prepare();
        vm.prank(responder);
        vm.expectRevert(bytes("NOT a trusted issuer"));
        issuers.removeTrustedIssuer(stranger);
    }

    function test_TheRevokerLetsNobodyIn() public {
        prepare();
        uint256[] memory topics = new uint256[](1);
        bytes32 admin = issuers.DEFAULT_ADMIN_ROLE();
        vm.prank(responder);
        vm.expectRevert(
            abi.encodeWithSelector(
                IAccessControl.AccessControlUnauthorizedAccount.selector, responder, admin
            )
        );
        issuers.addTrustedIssuer(stranger, topics);
    }
}
