-- calendar_grid: the number of periods per year by which daily figures of a calendar are
--     annualised.
-- Formula: 365 for 24/7, 252 for XNYS, for others their mean number of sessions a year, rounded
-- Unit: periods per year
-- Grain: calendar
-- Source: calendar_session
SELECT
    calendar,
    CASE calendar
        WHEN '24/7' THEN CAST(365 AS DOUBLE)
        WHEN 'XNYS' THEN CAST(252 AS DOUBLE)
        ELSE round(CAST(count(*) AS DOUBLE) / (max(year(session)) - min(year(session)) + 1))
    END AS periods_per_year
FROM calendar_session
GROUP BY calendar
