-- level: the return indices of a pair in one currency, on own or on shared sessions.
-- Formula: index x exchange rate; NaN means no figure, because max_by skips nulls
-- Unit: the requested currency
-- Grain: instrument_id, session
-- Source: return_index, exchange_rate, instrument
SELECT
    i.instrument_id, n.calendar, i.session, i.close,
    coalesce(x.rate, CAST('NaN' AS DOUBLE)) AS rate,
    coalesce(i.price_index * x.rate, CAST('NaN' AS DOUBLE)) AS price,
    coalesce(i.total_index * x.rate, CAST('NaN' AS DOUBLE)) AS total,
    coalesce(i.vendor_adjusted_index * x.rate, CAST('NaN' AS DOUBLE)) AS vendor_adjusted
FROM return_index AS i
JOIN instrument AS n ON n.instrument_id = i.instrument_id
JOIN exchange_rate AS x ON x.instrument_id = i.instrument_id AND x.session = i.session
WHERE
    $sessions = 'own'
    OR i.session IN (SELECT session FROM exchange_rate GROUP BY session HAVING count(*) = len($wanted))
