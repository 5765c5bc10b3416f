-- bar_origin: whether a bar is live, published or simulated.
-- Formula: live in a lake of live vendors. In a lake of a simulator published, a fact of its date,
--          where nothing of the instrument is made up, or only the days between the ends of months
--          and this is one; simulated otherwise
-- Unit: -
-- Grain: instrument_id, session
-- Source: bar, instrument, calendar_session, lake
WITH month_end AS (
    SELECT calendar, max(session) AS session
    FROM main.calendar_session
    GROUP BY calendar, date_trunc('month', session)
)

SELECT
    b.instrument_id, b.session,
    CASE
        WHEN l.origin = 'live' THEN 'live'
        WHEN n.synthetic = 'no' OR (n.synthetic = 'daily' AND e.session IS NOT NULL) THEN 'published'
        ELSE 'simulated'
    END AS origin
FROM main.bar AS b
JOIN main.instrument AS n ON n.instrument_id = b.instrument_id
LEFT JOIN month_end AS e ON e.calendar = n.calendar AND e.session = b.session
CROSS JOIN main.lake AS l
