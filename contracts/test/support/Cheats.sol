// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice The forge cheatcodes that these tests use.
interface Cheats {
    function addr(uint256 key) external pure returns (address);
    function assertEq(bool left, bool right) external pure;
    function assertEq(uint256 left, uint256 right) external pure;
    function assertEq(address left, address right) external pure;
    function assertGe(uint256 left, uint256 right) external pure;
    function assertLe(uint256 left, uint256 right) external pure;
    function assertTrue(bool condition) external pure;
    function assertFalse(bool condition) external pure;
    function computeCreateAddress(address deployer, uint256 nonce) external pure returns (address);
    function expectRevert(bytes4 selector) external;
    function expectRevert(bytes calldata data) external;
    function getNonce(address account) external view returns (uint64);
    function prank(address sender) external;
    function recordLogs() external;
    function getRecordedLogs() external returns (Log[] memory);
    function roll(uint256 height) external;
    function startPrank(address sender) external;
    function stopPrank() external;
    function warp(uint256 time) external;

    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }
}
