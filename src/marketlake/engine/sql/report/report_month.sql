-- report_month: month-end return indices of $wanted, for instruments without daily data in the
--     page.
-- Formula: return_index on the last stored session of each month, and on the first one since
--          $since; sessions counts the calendar's sessions since the previous row, so that gaps
--          stay visible. NaN means no figure
-- Unit: quote currency; day counts from 1970-01-01
-- Grain: instrument_id, day
-- Source: return_index, instrument, calendar_session
WITH placed AS (
    SELECT
        i.instrument_id, i.session, i.price_index, i.total_index,
        count(c.session) OVER (PARTITION BY i.instrument_id ORDER BY i.session) AS so_far,
        row_number() OVER (PARTITION BY i.instrument_id ORDER BY i.session) AS place,
        row_number() OVER (PARTITION BY i.instrument_id, date_trunc('month', i.session) ORDER BY i.session DESC) AS from_end
    FROM main.return_index AS i
    JOIN main.instrument AS n ON n.instrument_id = i.instrument_id
    LEFT JOIN main.calendar_session AS c ON c.calendar = n.calendar AND c.session = i.session
    WHERE list_contains($wanted, i.instrument_id) AND i.session >= $since
)

SELECT
    instrument_id, session - DATE '1970-01-01' AS day,
    coalesce(price_index, CAST('NaN' AS DOUBLE)) AS price, coalesce(total_index, CAST('NaN' AS DOUBLE)) AS total,
    so_far - coalesce(lag(so_far) OVER (PARTITION BY instrument_id ORDER BY session), 0) AS sessions
FROM placed
WHERE place = 1 OR from_end = 1
ORDER BY instrument_id, day
