// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IWithdrawalLimited} from "./interfaces/IWithdrawalLimited.sol";

/// @title A cap on outflow within a window, that one role can only tighten
/// @notice The inheriting contract decides who may call, and calls
/// `_countOutflow` before anything leaves.
/// @dev Windows are fixed, not sliding: one opens with the first outflow after
/// the last one closed. Outflow is counted while there is no limit too, so a
/// limit set in the middle of a theft counts what the thief took already.
abstract contract WithdrawalLimited is IWithdrawalLimited {
    /// @notice The limit that means no limit.
    uint256 public constant UNLIMITED = type(uint256).max;

    /// @notice Longest window, in seconds. Keeps sums of times from overflowing.
    uint256 public constant MAX_WINDOW = 365 days;

    /// @inheritdoc IWithdrawalLimited
    uint256 public withdrawalLimit;

    /// @inheritdoc IWithdrawalLimited
    uint256 public withdrawalWindow;

    uint256 private _opened;
    uint256 private _used;

    event WithdrawalLimitSet(uint256 limit, uint256 window);

    /// @notice The new cap would let more out than the present one.
    error WithdrawalLimitNotTighter(
        uint256 limit, uint256 window, uint256 presentLimit, uint256 presentWindow
    );

    /// @notice A window is 1 second to MAX_WINDOW.
    error InvalidWithdrawalWindow(uint256 window);

    /// @notice `amount` is more than may still leave within this window.
    error WithdrawalLimitExceeded(uint256 amount, uint256 withdrawable);

    constructor(uint256 limit, uint256 window) {
        _store(limit, window);
    }

    /// @inheritdoc IWithdrawalLimited
    function withdrawnInWindow() public view returns (uint256) {
        return block.timestamp < _opened + withdrawalWindow ? _used : 0;
    }

    /// @inheritdoc IWithdrawalLimited
    function withdrawable() public view returns (uint256) {
        if (withdrawalLimit == UNLIMITED) return UNLIMITED;
        uint256 used = withdrawnInWindow();
        return used < withdrawalLimit ? withdrawalLimit - used : 0;
    }

    /// @dev Sets a cap that is as tight or tighter; the same cap is a no-op.
    /// What has left within the window stays counted: setting a limit again
    /// never refills it.
    function _tighten(uint256 limit, uint256 window) internal {
        if (!_isAsTight(limit, window)) {
            revert WithdrawalLimitNotTighter(limit, window, withdrawalLimit, withdrawalWindow);
        }
        if (limit == withdrawalLimit && window == withdrawalWindow) return;
        _store(limit, window);
    }

    /// @dev Sets any cap. What has left within the window stays counted.
    function _loosen(uint256 limit, uint256 window) internal {
        _store(limit, window);
    }

    /// @dev Counts `amount` against the cap, or reverts.
    function _countOutflow(uint256 amount) internal {
        uint256 left = withdrawable();
        if (amount > left) revert WithdrawalLimitExceeded(amount, left);
        _roll();
        _used += amount;
    }

    /// @dev From no limit every limit is tighter, whatever its window; and 0
    /// lets nothing out, whatever its window. Otherwise neither number may
    /// let more out: not a higher limit, not a shorter window.
    function _isAsTight(uint256 limit, uint256 window) private view returns (bool) {
        if (limit == 0 || withdrawalLimit == UNLIMITED) return true;
        return limit <= withdrawalLimit && window >= withdrawalWindow;
    }

    function _store(uint256 limit, uint256 window) private {
        if (window == 0 || window > MAX_WINDOW) revert InvalidWithdrawalWindow(window);
        _roll();
        // A shorter window must not close the present one early: that would
        // forget what has left. It starts over with the count kept.
        if (window < withdrawalWindow) _opened = block.timestamp;
        withdrawalLimit = limit;
        withdrawalWindow = window;
        emit WithdrawalLimitSet(limit, window);
    }

    /// @dev Opens a new window when the last one is over.
    function _roll() private {
        if (block.timestamp < _opened + withdrawalWindow) return;
        _opened = block.timestamp;
        _used = 0;
    }
}
