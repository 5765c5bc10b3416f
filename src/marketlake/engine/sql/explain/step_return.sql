-- step_return: the calendar-year returns of each step.
-- Formula: calendar_year_return of $basis (total where only that is stored) under $convention
-- Unit: fraction
-- Grain: step, year
-- Source: calendar_year_return, instrument
SELECT
    CAST(r.instrument_id AS INTEGER) AS step, r.year, r.simple_return, r.start_session, r.end_session, r.complete
FROM calendar_year_return AS r
JOIN instrument AS n ON n.instrument_id = r.instrument_id
WHERE
    r.convention = $convention AND r.year BETWEEN $first_year AND $last_year
    AND r.basis = CASE WHEN n.return_basis = 'total' THEN 'total' ELSE $basis END
ORDER BY r.year, step
