-- block_quality: span_quality of a window of whole years, from the stored blocks that cover it.
-- Formula: complete and stale follow from the calendar's last sessions before and within the
--          window; the others are sums over blocks
-- Unit: true or false
-- Grain: instrument_key
-- Source: span_block, instrument, instrument_coverage, calendar_year, suspect_session
WITH span AS (
    SELECT
        instrument_key,
        sum(returns) + sum(off_by) AS sessions,
        min(first_session) AS first_session,
        max(last_session) AS last_session,
        min(start_stored) AS start_session,
        max(end_stored) AS end_session,
        max(end_place) - min(start_place) AS sessions_due,
        max(no_price) = 1 AS no_price
    FROM span_block
    GROUP BY instrument_key
),

due AS (
    SELECT
        calendar,
        max(CASE WHEN year < $first_year THEN last_session END) AS start_session,
        max(CASE WHEN year <= $last_year THEN last_session END) AS end_session
    FROM calendar_year
    GROUP BY calendar
),

doubted AS (
    -- include: shared/doubted
)

SELECT
    s.instrument_key,
    coalesce(s.start_session = d.start_session AND s.end_session = d.end_session, FALSE) AS complete,
    s.start_session = s.first_session AND s.end_session = s.last_session AS priced,
    s.sessions + CASE WHEN s.start_session < s.first_session THEN 1 ELSE 0 END < s.sessions_due AS gap,
    s.no_price,
    u.instrument_key IS NOT NULL AS suspect, coalesce(u.of_price, FALSE) AS suspect_price,
    coalesce(year(t.stale_from) <= $last_year, FALSE) AS stale
FROM span AS s
JOIN instrument AS n ON n.instrument_key = s.instrument_key
LEFT JOIN doubted AS u ON u.instrument_key = s.instrument_key
JOIN internal.instrument_coverage AS t ON t.instrument_key = s.instrument_key
JOIN due AS d ON d.calendar = n.calendar
