-- exchange_rate: the rate that converts an instrument's own currency into the requested one.
-- Formula: dollars per unit of the quote currency over dollars per unit of $currency (1 where they
--          are equal or no currency is requested); null where a rate is missing or older than 7
--          days. known_at is the later of the two rates' own; suspect: one of them is
-- Unit: $currency per unit of the quote currency
-- Grain: instrument_id, session
-- Source: bar, instrument, rate_day
SELECT
    b.instrument_id, b.session,
    CASE
        WHEN n.quote_currency = coalesce(CAST($currency AS VARCHAR), n.quote_currency) THEN CAST(1 AS DOUBLE)
        ELSE CASE WHEN n.quote_currency = 'USD' THEN 1 ELSE own.rate END
            / CASE WHEN $currency = 'USD' THEN 1 ELSE target.rate END
    END AS rate,
    CASE
        WHEN n.quote_currency <> coalesce(CAST($currency AS VARCHAR), n.quote_currency)
            THEN greatest(own.known_at, target.known_at)
    END AS known_at,
    n.quote_currency <> coalesce(CAST($currency AS VARCHAR), n.quote_currency)
        AND (coalesce(own.suspect, FALSE) OR coalesce(target.suspect, FALSE)) AS suspect
FROM bar AS b
JOIN instrument AS n ON n.instrument_id = b.instrument_id
LEFT JOIN rate_day AS own ON own.currency = n.quote_currency AND own.day = b.session
LEFT JOIN rate_day AS target ON target.currency = $currency AND target.day = b.session
WHERE list_contains($wanted, b.instrument_id)
