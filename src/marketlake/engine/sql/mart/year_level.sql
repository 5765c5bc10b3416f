-- year_level: one row per instrument and year, from which every calendar-year return is derived.
-- Formula: value on the first and on the last stored session of the year, mean over December's
--          sessions; start_* is the last value of the previous year, if there is one. Levels
--          compare within a row, start_* included; the columns named calendar_* and *sessions count
--          only stored sessions that the calendar has
-- Unit: as level; NaN where a required session has no figure
-- Grain: instrument_id, year
-- Source: level, calendar_session
WITH stored AS (
    SELECT
        l.instrument_id, l.calendar,
        CAST(year(l.session) AS INTEGER) AS year,
        min(l.session) AS first_session,
        max(l.session) AS through_session,
        min(CASE WHEN month(l.session) = 12 THEN l.session END) AS first_december_session,
        min(c.session) AS calendar_first,
        max(c.session) AS calendar_last,
        min(CASE WHEN month(l.session) = 12 THEN c.session END) AS calendar_first_december,
        CAST(count(c.session) AS INTEGER) AS sessions,
        CAST(count(CASE WHEN month(l.session) = 12 THEN c.session END) AS INTEGER) AS december_sessions,
        min_by(l.close, l.session) AS first_close,
        max_by(l.close, l.session) AS last_close,
        min_by(l.rate, l.session) AS first_rate,
        max_by(l.rate, l.session) AS last_rate,
        avg(CASE WHEN month(l.session) = 12 THEN l.rate END) AS december_rate,
        min_by(l.price, l.session) AS first_price,
        max_by(l.price, l.session) AS last_price,
        avg(CASE WHEN month(l.session) = 12 THEN l.price END) AS december_price,
        min_by(l.total, l.session) AS first_total,
        max_by(l.total, l.session) AS last_total,
        avg(CASE WHEN month(l.session) = 12 THEN l.total END) AS december_total,
        min_by(l.vendor_adjusted, l.session) AS first_vendor,
        max_by(l.vendor_adjusted, l.session) AS last_vendor,
        avg(CASE WHEN month(l.session) = 12 THEN l.vendor_adjusted END) AS december_vendor
    FROM level AS l
    LEFT JOIN calendar_session AS c ON c.calendar = l.calendar AND c.session = l.session
    GROUP BY l.instrument_id, l.calendar, year(l.session)
)

SELECT
    instrument_id, calendar, year, first_session, through_session, first_december_session,
    calendar_first, calendar_last, calendar_first_december, sessions, december_sessions,
    first_close, last_close, first_rate, last_rate, december_rate,
    first_price, last_price, december_price,
    CASE WHEN lag(year) OVER past = year - 1 THEN lag(last_price) OVER past END AS start_price,
    first_total, last_total, december_total,
    CASE WHEN lag(year) OVER past = year - 1 THEN lag(last_total) OVER past END AS start_total,
    first_vendor, last_vendor, december_vendor,
    CASE WHEN lag(year) OVER past = year - 1 THEN lag(last_vendor) OVER past END AS start_vendor
FROM stored
WINDOW past AS (PARTITION BY instrument_id ORDER BY year)
