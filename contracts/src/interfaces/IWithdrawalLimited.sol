// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice A cap on what may leave a contract within a window of time.
/// @dev Limits are in the asset's base units, windows in seconds. A limit of 0
/// means nothing leaves; the largest uint256 means no limit.
interface IWithdrawalLimited {
    /// @notice Tightens the cap; refuses anything looser than what is set.
    function setWithdrawalLimit(uint256 limit, uint256 window) external;

    /// @notice Sets the cap to anything, looser included.
    function loosenWithdrawalLimit(uint256 limit, uint256 window) external;

    /// @notice Base units that may leave within one window.
    function withdrawalLimit() external view returns (uint256);

    /// @notice Length of the window, in seconds.
    function withdrawalWindow() external view returns (uint256);

    /// @notice Base units that have left within the present window.
    function withdrawnInWindow() external view returns (uint256);

    /// @notice Base units that may still leave within the present window.
    function withdrawable() external view returns (uint256);
}
