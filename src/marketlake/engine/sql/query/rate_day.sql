-- rate_day: the value of a currency on any day, by its last reference rate.
-- Formula: the last rate on or before the day and at most 7 days old; no row otherwise; suspect: the
--          rate is that of a suspect_session
-- Unit: US dollars per unit of the currency
-- Grain: currency, day
-- Source: bar, instrument, suspect_session
SELECT
    n.base_currency AS currency, r.session + age.days AS day, max_by(r.close, r.session) AS rate,
    max_by(r.known_at, r.session) AS known_at, max_by(d.session IS NOT NULL, r.session) AS suspect
FROM bar AS r
JOIN instrument AS n ON n.instrument_id = r.instrument_id
LEFT JOIN main.suspect_session AS d ON d.instrument_id = r.instrument_id AND d.session = r.session
CROSS JOIN (
    -- include: shared/known_for
) AS age
WHERE n.base_currency <> '' AND r.close > 0
GROUP BY n.base_currency, r.session + age.days
