-- price_as_traded: stored bars, in the instrument's own currency or converted session by session.
-- Formula: each price and dividend x exchange rate; null where there is no rate; known_at
--          includes the rate's; quality: no_rate, suspect
-- Unit: the currency named in the row
-- Grain: instrument_id, session
-- Source: bar, exchange_rate, instrument, suspect_session
SELECT
    b.instrument_id, b.session,
    b.open * x.rate AS open, b.high * x.rate AS high, b.low * x.rate AS low, b.close * x.rate AS close,
    b.volume, b.dividend * x.rate AS dividend, b.split,
    coalesce(CAST($currency AS VARCHAR), n.quote_currency) AS currency,
    concat_ws(
        ',', CASE WHEN x.rate IS NULL THEN 'no_rate' END, CASE WHEN d.session IS NOT NULL OR x.suspect THEN 'suspect' END
    ) AS quality,
    b.source, greatest(b.known_at, x.known_at) AS known_at, b.observed_at
FROM bar AS b
JOIN instrument AS n ON n.instrument_id = b.instrument_id
JOIN exchange_rate AS x ON x.instrument_id = b.instrument_id AND x.session = b.session
LEFT JOIN suspect_session AS d ON d.instrument_id = b.instrument_id AND d.session = b.session
WHERE b.session BETWEEN $start AND $end
ORDER BY b.instrument_id, b.session
