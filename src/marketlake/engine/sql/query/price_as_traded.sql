-- price_as_traded: stored bars, in the instrument's own currency or converted session by session.
-- Formula: each price and dividend x exchange rate; null where there is no rate; known_at
--          includes the rate's; quality: no_rate, suspect
-- Unit: the currency named in the row
-- Grain: instrument_id, session
-- Source: bar, exchange_rate, instrument, suspect_session
WITH priced AS (
    SELECT
        b.*, CASE WHEN x.session IS NULL THEN 1 ELSE x.rate END AS rate,
        x.known_at AS rate_known_at, x.suspect AS rate_suspect
    FROM bar AS b
    LEFT JOIN exchange_rate AS x ON x.instrument_id = b.instrument_id AND x.session = b.session
    WHERE b.session BETWEEN $start AND $end
)

SELECT
    b.instrument_id, b.session,
    b.open * b.rate AS open, b.high * b.rate AS high, b.low * b.rate AS low, b.close * b.rate AS close,
    b.volume, b.dividend * b.rate AS dividend, b.split,
    coalesce(CAST($currency AS VARCHAR), n.quote_currency) AS currency,
    concat_ws(
        ',', CASE WHEN b.rate IS NULL THEN 'no_rate' END, CASE WHEN d.session IS NOT NULL OR b.rate_suspect THEN 'suspect' END
    ) AS quality,
    b.source, greatest(b.known_at, b.rate_known_at) AS known_at, b.observed_at
FROM priced AS b
JOIN instrument AS n ON n.instrument_id = b.instrument_id
LEFT JOIN suspect_session AS d ON d.instrument_id = b.instrument_id AND d.session = b.session
WHERE n.instrument_id IN (SELECT unnest($wanted))
