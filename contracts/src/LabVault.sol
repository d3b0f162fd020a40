// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {AccessControl} from "@openzeppelin/contracts/access/AccessControl.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Pausable} from "@openzeppelin/contracts/utils/Pausable.sol";
import {IPausable} from "./interfaces/IPausable.sol";
import {WithdrawalLimited} from "./WithdrawalLimited.sol";

/// @title The lab's vault: deposits in, shares and rewards out
/// @notice An ERC-4626 vault whose yield is paid as rewards instead of through
/// the share price, so one share is always one base unit of the asset.
/// @dev THIS CONTRACT HAS A HOLE ON PURPOSE, described in contracts/README.md:
/// rewards are accounted when shares are minted and burned, and not when they
/// are transferred. Never deploy it outside a range.
contract LabVault is ERC4626, AccessControl, Pausable, WithdrawalLimited, IPausable {
    using SafeERC20 for IERC20;

    /// @notice Who may do what from the start.
    struct Holders {
        address admin;
        address pauser;
        address limiter;
        address recovery;
    }

    /// @notice May pause, and nothing else.
    bytes32 public constant PAUSER_ROLE = keccak256("PAUSER_ROLE");

    /// @notice May tighten the withdrawal limit, and nothing else.
    bytes32 public constant LIMITER_ROLE = keccak256("LIMITER_ROLE");

    /// @notice May unpause and loosen the withdrawal limit.
    bytes32 public constant RECOVERY_ROLE = keccak256("RECOVERY_ROLE");

    /// @notice Base units that may leave within one block, by whatever way.
    /// Large holders leave in slices; a flash loan cannot empty the vault in
    /// one transaction.
    uint256 public immutable maxOutflowPerBlock;

    /// @notice Rewards per share since the beginning, times 1e18.
    uint256 public rewardIndex;

    uint256 private constant SCALE = 1e18;

    uint256 private _principal;
    mapping(address account => uint256) private _indexOf;
    mapping(address account => uint256) private _accrued;
    uint256 private _lastOutflowBlock;
    uint256 private _outflowInBlock;

    event RewardsAdded(address indexed from, uint256 amount);
    event RewardsClaimed(address indexed account, address indexed receiver, uint256 amount);

    /// @notice There is nobody to share the rewards.
    error NoShares();

    /// @notice `account` asked for more rewards than it has.
    error ExceedsRewards(address account, uint256 amount, uint256 claimable);

    /// @notice `amount` is more than may still leave within this block.
    error BlockOutflowExceeded(uint256 amount, uint256 remaining);

    /// @param asset_ The token that is deposited and paid out.
    /// @param holders First holders of the roles.
    /// @param maxOutflowPerBlock_ Base units that may leave within one block.
    /// @param window Seconds of the withdrawal window; there is no limit yet.
    constructor(IERC20 asset_, Holders memory holders, uint256 maxOutflowPerBlock_, uint256 window)
        ERC20("Lab Vault Share", "lvUSDX")
        ERC4626(asset_)
        WithdrawalLimited(UNLIMITED, window)
    {
        _grantRole(DEFAULT_ADMIN_ROLE, holders.admin);
        _grantRole(PAUSER_ROLE, holders.pauser);
        _grantRole(LIMITER_ROLE, holders.limiter);
        _grantRole(RECOVERY_ROLE, holders.recovery);
        maxOutflowPerBlock = maxOutflowPerBlock_;
    }

    /// @inheritdoc IPausable
    function pause() external onlyRole(PAUSER_ROLE) {
        _pause();
    }

    /// @inheritdoc IPausable
    function unpause() external onlyRole(RECOVERY_ROLE) {
        _unpause();
    }

    /// @notice Tightens the cap; refuses anything looser than what is set.
    function setWithdrawalLimit(uint256 limit, uint256 window) external onlyRole(LIMITER_ROLE) {
        _tighten(limit, window);
    }

    /// @notice Sets the cap to anything, looser included.
    function loosenWithdrawalLimit(uint256 limit, uint256 window) external onlyRole(RECOVERY_ROLE) {
        _loosen(limit, window);
    }

    /// @notice Shares `amount` base units of the caller among present shares.
    function addRewards(uint256 amount) external whenNotPaused {
        uint256 shares = totalSupply();
        if (shares == 0) revert NoShares();
        rewardIndex += Math.mulDiv(amount, SCALE, shares);
        emit RewardsAdded(_msgSender(), amount);
        IERC20(asset()).safeTransferFrom(_msgSender(), address(this), amount);
    }

    /// @notice Pays `amount` of the caller's rewards to `receiver`.
    function claim(uint256 amount, address receiver) external whenNotPaused {
        address account = _msgSender();
        _checkpoint(account);
        uint256 available = _accrued[account];
        if (amount > available) revert ExceedsRewards(account, amount, available);
        _accrued[account] = available - amount;
        _beforeOutflow(amount);
        emit RewardsClaimed(account, receiver, amount);
        IERC20(asset()).safeTransfer(receiver, amount);
    }

    /// @notice Rewards that `account` may claim, in base units.
    function claimable(address account) public view returns (uint256) {
        return
            _accrued[account]
                + Math.mulDiv(balanceOf(account), rewardIndex - _indexOf[account], SCALE);
    }

    /// @notice Base units that may still leave within this block.
    function outflowLeftInBlock() public view returns (uint256) {
        return block.number == _lastOutflowBlock
            ? maxOutflowPerBlock - _outflowInBlock
            : maxOutflowPerBlock;
    }

    /// @notice What depositors are owed, in base units.
    /// @dev Counted, not read from the token, so that a donation cannot move
    /// the share price. It is a promise: compare it with the token balance.
    function totalAssets() public view override returns (uint256) {
        return _principal;
    }

    /// @inheritdoc ERC4626
    function withdraw(uint256 assets, address receiver, address owner)
        public
        override
        whenNotPaused
        returns (uint256)
    {
        return super.withdraw(assets, receiver, owner);
    }

    /// @inheritdoc ERC4626
    function redeem(uint256 shares, address receiver, address owner)
        public
        override
        whenNotPaused
        returns (uint256)
    {
        return super.redeem(shares, receiver, owner);
    }

    /// @inheritdoc ERC4626
    function maxDeposit(address receiver) public view override returns (uint256) {
        return paused() ? 0 : super.maxDeposit(receiver);
    }

    /// @inheritdoc ERC4626
    function maxMint(address receiver) public view override returns (uint256) {
        return paused() ? 0 : super.maxMint(receiver);
    }

    /// @inheritdoc ERC4626
    function maxWithdraw(address owner) public view override returns (uint256) {
        return Math.min(super.maxWithdraw(owner), _outflowLeft());
    }

    /// @inheritdoc ERC4626
    function maxRedeem(address owner) public view override returns (uint256) {
        // One share is one base unit, so the cap on assets is one on shares.
        return Math.min(super.maxRedeem(owner), _outflowLeft());
    }

    /// @inheritdoc Pausable
    function paused() public view override(Pausable, IPausable) returns (bool) {
        return super.paused();
    }

    function _deposit(address caller, address receiver, uint256 assets, uint256 shares)
        internal
        override
        whenNotPaused
    {
        _checkpoint(receiver);
        _principal += assets;
        super._deposit(caller, receiver, assets, shares);
    }

    function _withdraw(
        address caller,
        address receiver,
        address owner,
        uint256 assets,
        uint256 shares
    ) internal override whenNotPaused {
        _checkpoint(owner);
        _principal -= assets;
        _beforeOutflow(assets);
        super._withdraw(caller, receiver, owner, assets, shares);
    }

    /// @dev Every way out comes through here.
    function _beforeOutflow(uint256 amount) private {
        uint256 left = outflowLeftInBlock();
        if (amount > left) revert BlockOutflowExceeded(amount, left);
        _outflowInBlock = maxOutflowPerBlock - left + amount;
        _lastOutflowBlock = block.number;
        _countOutflow(amount);
    }

    /// @dev Puts down what `account` has earned on its present balance, so
    /// that a change of balance does not change what was earned before it.
    function _checkpoint(address account) private {
        _accrued[account] = claimable(account);
        _indexOf[account] = rewardIndex;
    }

    function _outflowLeft() private view returns (uint256) {
        return paused() ? 0 : Math.min(withdrawable(), outflowLeftInBlock());
    }
}
