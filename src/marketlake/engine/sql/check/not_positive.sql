-- not_positive: a price that is zero, negative, not finite or beyond all measure, or such a volume or
--     dividend.
-- Severity: fail
-- Formula: a price may be zero or below where the instrument declares negative_prices; a missing
--          open, high, low or volume is allowed. Prices and dividends are below 1e15, prices
--          above 1e-15, volumes below 1e18
-- Why: crude oil settled at -37.63 on 2020-04-20, so an instrument may declare that its prices can
--      be negative. No other value can be
-- Remedy: compare another source (`marketlake reconcile ID --from DAY --to DAY`); set
--         negative_prices = true in instruments.toml where such prices are real, otherwise add a
--         correction
-- Unit: as bar
-- Grain: instrument_id, session
-- Source: checked
SELECT
    *,
    format(
        'open {}, high {}, low {}, close {}, volume {}, dividend {}',
        coalesce(open::VARCHAR, 'none'), coalesce(high::VARCHAR, 'none'), coalesce(low::VARCHAR, 'none'), close,
        coalesce(volume::VARCHAR, 'none'), dividend
    ) AS message
FROM checked
WHERE
    NOT isfinite(close)
    OR greatest(abs(open), abs(high), abs(low), abs(close), dividend) >= 1e15 OR volume >= 1e18
    OR (NOT signed AND least(open, high, low, close) < 1e-15)
    OR NOT (
        isfinite(coalesce(open, 0)) AND isfinite(coalesce(high, 0)) AND isfinite(coalesce(low, 0))
        AND isfinite(coalesce(volume, 0)) AND isfinite(dividend)
    )
    OR (NOT signed AND (close <= 0 OR open <= 0 OR high <= 0 OR low <= 0))
    OR volume < 0
    OR dividend < 0
