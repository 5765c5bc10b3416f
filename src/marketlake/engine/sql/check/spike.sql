-- spike: a close that moves far from its neighbours and back.
-- Severity: warn (suspect)
-- Formula: step and next_step have opposite signs, both are beyond 6.5 x sigma, and together they
--          are less than half of the larger. Not judged: rates, instruments with negative_prices
-- Why: prices fall and recover over days; a wrong close is gone on the next session. In the real
--      prices of the tests one session of 47,000 does this: the bond fund of March 2020
-- Remedy: `marketlake reconcile`: a spike counts as explained where the sources agree on the
--         session; a correction where the vendor is wrong
-- Unit: ratio
-- Grain: instrument_id, session
-- Source: checked
SELECT *, format('close {:.6g} between {:.6g} and {:.6g}', close, previous, next_close) AS message
FROM checked
WHERE
    NOT signed AND asset_class <> 'rate' AND step * next_step < 0
    AND least(abs(step), abs(next_step)) > 6.5 * sigma
    AND abs(step + next_step) < 0.5 * greatest(abs(step), abs(next_step))
