-- trend_year: the calendar-year returns of an instrument's trend line, oldest first
-- Formula: simple_return of the convention year_end, complete or not; the years are first_year to
--          last_year, both included
-- Unit: fraction
-- Grain: instrument_id, year
-- Source: calendar_year_return
SELECT instrument_id, year, simple_return
FROM main.calendar_year_return
WHERE basis = $basis AND convention = 'year_end' AND year BETWEEN $first_year AND $last_year
ORDER BY instrument_id, year
