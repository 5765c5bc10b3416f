-- metric_grid: the number of periods per year by which figures are annualised.
-- Formula: weekly 52, monthly 12, quarterly 4, yearly 1; daily: 365 for 24/7, 252 for XNYS, for
--          other calendars their mean number of sessions a year, rounded; a shared grid takes the
--          number of the calendar it equals (24/7 and XNYS share XNYS's sessions: 252), else its
--          own mean. $annualise overrides all
-- Unit: periods per year
-- Grain: instrument_id, kind
-- Source: grid_calendar, grid_session, calendar_session
WITH calendar_size AS (
    SELECT c.calendar, count(*) AS days, max(year(c.session)) - min(year(c.session)) + 1 AS years
    FROM calendar_session AS c
    WHERE c.calendar IN (SELECT calendar FROM grid_calendar)
    GROUP BY c.calendar
),

numbered AS (
    SELECT s.calendar, s.days, s.years, coalesce(k.periods, round(s.days / s.years)) AS periods
    FROM calendar_size AS s
    LEFT JOIN (VALUES ('24/7', 365), ('XNYS', 252)) AS k (calendar, periods) ON k.calendar = s.calendar
),

grid_size AS (
    SELECT grid, count(*) AS days FROM grid_session GROUP BY grid
),

daily AS (
    SELECT
        g.instrument_id, g.kind, g.grid,
        coalesce(
            min(CASE WHEN n.days = z.days THEN n.periods END), round(max(z.days) / CAST(max(n.years) AS DOUBLE))
        ) AS periods
    FROM grid_calendar AS g
    LEFT JOIN numbered AS n ON n.calendar = g.calendar
    LEFT JOIN grid_size AS z ON z.grid = g.grid
    GROUP BY g.instrument_id, g.kind, g.grid
)

SELECT
    instrument_id, kind, grid,
    CAST(coalesce($annualise, CASE $frequency
        WHEN 'daily' THEN periods WHEN 'weekly' THEN 52 WHEN 'monthly' THEN 12 WHEN 'quarterly' THEN 4 ELSE 1
    END) AS DOUBLE) AS periods_per_year
FROM daily
