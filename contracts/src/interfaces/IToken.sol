// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @notice The part of ERC-20 that is read or called here.
interface IToken {
    /// @notice Base units that exist.
    function totalSupply() external view returns (uint256);

    /// @notice Base units that `account` owns.
    function balanceOf(address account) external view returns (uint256);

    /// @notice Base units that `spender` may still move out of `owner`.
    function allowance(address owner, address spender) external view returns (uint256);

    /// @notice Decimal places between base units and what people read.
    function decimals() external view returns (uint8);

    /// @notice Moves `value` base units from the caller to `to`.
    function transfer(address to, uint256 value) external returns (bool);

    /// @notice Lets `spender` move up to `value` base units of the caller.
    function approve(address spender, uint256 value) external returns (bool);

    /// @notice Moves `value` base units from `from` to `to` out of the
    /// allowance that the caller has.
    function transferFrom(address from, address to, uint256 value) external returns (bool);
}
