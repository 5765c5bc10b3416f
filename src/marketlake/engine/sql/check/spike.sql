-- spike: closes that move far from their neighbours and back.
-- Severity: warn (suspect)
-- Formula: step and next_step (or second_step) have opposite signs and are both beyond 4 x sigma;
--          together, with what lies between, they are less than half of the larger; and at least
--          half of the way back is between the close and the next open (overnight). Without an open
--          5.5 instead of 4. Or step is beyond 8 x sigma, and one of the third to the tenth session
--          before or after has one beyond it in the other direction, together less than half of the
--          larger. Not judged: rates, instruments with negative_prices
-- Why: prices fall and recover during sessions; a wrong close is gone at the next open. In the real
--      prices of the tests five sessions of 47,000 do this, all in March 2020
-- Remedy: `marketlake reconcile ID --from DAY --to DAY`: a spike counts as explained where the
--         sources agree on the session; a correction where the vendor is wrong
-- Unit: ratio
-- Grain: instrument_id, session
-- Source: checked
SELECT
    *,
    CASE
        WHEN next_close IS NULL THEN format('close {:.6g} after {:.6g}', close, previous)
        ELSE format('close {:.6g} between {:.6g} and {:.6g}', close, previous, next_close)
    END AS message
FROM checked
WHERE
    NOT signed AND asset_class <> 'rate'
    AND (
        (
            step * next_step < 0
            AND least(abs(step), abs(next_step)) > CASE WHEN overnight IS NULL THEN 5.5 ELSE 4 END * sigma
            AND abs(step + next_step) < 0.5 * greatest(abs(step), abs(next_step))
            AND coalesce(overnight / next_step > 0.5, TRUE)
        )
        OR (
            step * second_step < 0
            AND least(abs(step), abs(second_step)) > CASE WHEN second_overnight IS NULL THEN 5.5 ELSE 4 END * sigma
            AND abs(step + next_step + second_step) < 0.5 * greatest(abs(step), abs(second_step))
            AND coalesce(second_overnight / second_step > 0.5, TRUE)
        )
        OR (
            step * opposite_step < 0
            AND least(abs(step), abs(opposite_step)) > 8 * sigma
            AND abs(step + opposite_step) < 0.5 * greatest(abs(step), abs(opposite_step))
        )
    )
