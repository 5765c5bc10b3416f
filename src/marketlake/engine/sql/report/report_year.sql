-- report_year: the number of bars per year of instruments that have a return.
-- Formula: count
-- Unit: rows
-- Grain: year
-- Source: bar
SELECT CAST(year(session) AS INTEGER) AS year, count(*) AS bars
FROM main.bar
WHERE asset_class NOT IN ('rate', 'inflation')
GROUP BY year(session)
