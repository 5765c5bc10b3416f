-- price_adjusted: adjusted bars, in the instrument's own currency or converted session by session.
-- Formula: bar_adjusted x exchange rate; with dividends for $basis adjusted, splits only for
--          split_adjusted; quality: no_rate, suspect
-- Unit: the currency named in the row
-- Grain: instrument_id, session
-- Source: bar_adjusted, exchange_rate, instrument, suspect_session
WITH priced AS (
    SELECT
        a.*, CASE WHEN x.session IS NULL THEN 1 ELSE x.rate END AS rate,
        x.known_at AS rate_known_at, x.suspect AS rate_suspect
    FROM bar_adjusted AS a
    LEFT JOIN exchange_rate AS x ON x.instrument_id = a.instrument_id AND x.session = a.session
    WHERE a.session BETWEEN $start AND $end
)

SELECT
    a.instrument_id, a.session,
    a.rate * CASE WHEN $basis = 'adjusted' THEN a.adjusted_open ELSE a.open END AS open,
    a.rate * CASE WHEN $basis = 'adjusted' THEN a.adjusted_high ELSE a.high END AS high,
    a.rate * CASE WHEN $basis = 'adjusted' THEN a.adjusted_low ELSE a.low END AS low,
    a.rate * CASE WHEN $basis = 'adjusted' THEN a.adjusted_close ELSE a.close END AS close,
    a.volume,
    coalesce(CAST($currency AS VARCHAR), n.quote_currency) AS currency,
    concat_ws(
        ',', CASE WHEN a.rate IS NULL THEN 'no_rate' END, CASE WHEN d.session IS NOT NULL OR a.rate_suspect THEN 'suspect' END
    ) AS quality,
    a.through_session
FROM priced AS a
JOIN instrument AS n ON n.instrument_id = a.instrument_id
LEFT JOIN suspect_session AS d
    ON d.instrument_id = a.instrument_id AND d.session = a.session AND (d.of_price OR $basis = 'adjusted')
WHERE n.instrument_id IN (SELECT unnest($wanted))
