-- suspect_session: the suspect sessions of instruments, and of the rates that convert them to $currency.
-- Formula: a window that spans a suspect session of a rate spans the doubted change of the rate,
--          whichever sessions the instrument has
-- Unit: -
-- Grain: instrument_id, session, instrument or rate
-- Source: suspect_session, instrument
SELECT instrument_key, instrument_id, session, of_price FROM main.suspect_session
UNION ALL
SELECT n.instrument_key, n.instrument_id, d.session, TRUE AS of_price
FROM main.instrument AS n
JOIN main.instrument AS r
    ON r.base_currency <> '' AND r.base_currency IN (n.quote_currency, $currency)
JOIN main.suspect_session AS d ON d.instrument_id = r.instrument_id
WHERE n.quote_currency <> $currency
