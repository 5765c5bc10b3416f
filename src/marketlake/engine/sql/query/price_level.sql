-- price_level: a return index by session, in the instrument's own currency or converted session by
--     session.
-- Formula: return_index of $basis x exchange rate; an instrument stored as total return has only
--          the basis total
-- Unit: the currency named in the row; the first stored session is at its close
-- Grain: instrument_id, session
-- Source: return_index, exchange_rate, instrument, suspect_session
WITH priced AS (
    SELECT
        i.*, CASE WHEN x.session IS NULL THEN 1 ELSE x.rate END AS rate,
        x.known_at AS rate_known_at, x.suspect AS rate_suspect
    FROM return_index AS i
    LEFT JOIN exchange_rate AS x ON x.instrument_id = i.instrument_id AND x.session = i.session
    WHERE i.session BETWEEN $start AND $end
)

SELECT
    i.instrument_id, i.session,
    CASE WHEN n.return_basis = 'total' THEN 'total' ELSE $basis END AS basis,
    i.rate * CASE
        WHEN n.return_basis = 'total' OR $basis = 'total' THEN i.total_index
        WHEN $basis = 'price' THEN i.price_index
        ELSE i.vendor_adjusted_index
    END AS level,
    coalesce(CAST($currency AS VARCHAR), n.quote_currency) AS currency,
    concat_ws(
        ',', CASE WHEN i.rate IS NULL THEN 'no_rate' END, CASE WHEN d.session IS NOT NULL OR i.rate_suspect THEN 'suspect' END
    ) AS quality,
    greatest(i.known_at, i.rate_known_at) AS known_at
FROM priced AS i
JOIN instrument AS n ON n.instrument_id = i.instrument_id
LEFT JOIN suspect_session AS d
    ON d.instrument_id = i.instrument_id AND d.session = i.session AND (d.of_price OR $basis <> 'price')
WHERE n.instrument_id IN (SELECT unnest($wanted))
