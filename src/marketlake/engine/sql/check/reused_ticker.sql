-- reused_ticker: a price at more than five times, or less than a fifth of, the one before a gap of
--     more than 40 days.
-- Severity: fail (stored, suspect)
-- Formula: days > 40 and abs(step) > ln(5). Not judged: rates, instruments with negative_prices
-- Why: a symbol that another company took over later has the two histories in one series. The rows
--      are stored, because a share can also return from a long suspension; no figure across the gap
--      is to be trusted
-- Remedy: in instruments.toml list the two histories under new ids, the first with `until` before the
--         gap, the other with `since` after it, and remove this id. A correction where the price is
--         wrong
-- Unit: ratio
-- Grain: instrument_id, session
-- Source: checked
SELECT *, format('from {:.6g} to {:.6g} after {} days without a price', previous, close, days) AS message
FROM checked
WHERE NOT signed AND asset_class <> 'rate' AND days > 40 AND abs(step) > ln(5)
