-- trend_recent: each instrument's price over its latest sessions; the level before the first of
--     them is 1
-- Formula: product of 1 + price_return, session by session, of the latest $sessions returns since
--          $since
-- Unit: ratio
-- Grain: instrument_id, session
-- Source: daily_return
WITH latest AS (
    SELECT instrument_id, session, price_return
    FROM main.daily_return
    WHERE session >= $since AND year >= year($since)
    QUALIFY row_number() OVER (PARTITION BY instrument_id ORDER BY session DESC) <= $sessions
)

SELECT
    instrument_id, session,
    exp(sum(ln(1 + price_return)) OVER (PARTITION BY instrument_id ORDER BY session)) AS level
FROM latest
WHERE price_return > -1
ORDER BY instrument_id, session
