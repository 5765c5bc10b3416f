-- posed_rate: the rate that converts the instrument's own currency into the requested one, at each
--     step.
-- Formula: as exchange_rate, from the rates of the step
-- Unit: $currency per unit of the quote currency
-- Grain: instrument_id (the step), session
-- Source: bar, instrument, posed_row
WITH rate_day AS (
    SELECT
        r.posed, e.base_currency AS currency, r.session + age.days AS day, max_by(r.close, r.session) AS rate
    FROM posed_row AS r
    JOIN main.instrument AS e ON e.instrument_id = r.instrument_id AND e.base_currency <> ''
    CROSS JOIN (
        -- include: shared/known_for
    ) AS age
    WHERE r.rate AND r.close > 0
    GROUP BY r.posed, e.base_currency, r.session + age.days
)

SELECT
    b.instrument_id, b.session,
    CASE
        WHEN n.quote_currency = $currency THEN CAST(1 AS DOUBLE)
        ELSE CASE WHEN n.quote_currency = 'USD' THEN 1 ELSE own.rate END
            / CASE WHEN $currency = 'USD' THEN 1 ELSE target.rate END
    END AS rate
FROM bar AS b
JOIN instrument AS n ON n.instrument_id = b.instrument_id
LEFT JOIN rate_day AS own
    ON own.posed = b.instrument_id AND own.currency = n.quote_currency AND own.day = b.session
LEFT JOIN rate_day AS target
    ON target.posed = b.instrument_id AND target.currency = $currency AND target.day = b.session
