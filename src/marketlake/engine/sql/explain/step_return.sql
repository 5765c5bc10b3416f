-- step_return: the calendar-year returns of each step, with their quality.
-- Formula: calendar_year_return of $basis (total where only that is stored) under $convention
-- Unit: fraction
-- Grain: target, step, year
-- Source: calendar_year_return, instrument, pose
SELECT p.target, p.place AS step, r.year, r.simple_return, r.quality
FROM calendar_year_return AS r
JOIN instrument AS n ON n.instrument_id = r.instrument_id
JOIN pose AS p ON p.posed = r.instrument_id
WHERE
    r.convention = $convention AND r.year BETWEEN p.first_year AND p.last_year
    AND r.basis = CASE WHEN n.return_basis = 'total' THEN 'total' ELSE $basis END
