-- report_year: how many bars of what has a return there are from each year.
-- Formula: count
-- Unit: rows
-- Grain: year
-- Source: bar
SELECT CAST(year(session) AS INTEGER) AS year, count(*) AS bars
FROM main.bar
WHERE asset_class NOT IN ('rate', 'inflation')
GROUP BY year(session)
