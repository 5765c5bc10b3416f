-- consumer_price: the consumer price index $cpi by month, with the days on which it is the latest
--     published.
-- Formula: a month's figure is published on the 16th of the next month and is valid until the next
--          one is published, at most 100 days. No rows where $cpi is empty
-- Unit: index
-- Grain: month
-- Source: bar
WITH release AS (
    SELECT
        CAST(date_trunc('month', session) AS DATE) AS price_month,
        close AS price_level,
        CAST(date_trunc('month', session) + INTERVAL '1' MONTH AS DATE) + 15 AS published
    FROM bar
    WHERE instrument_id = $cpi AND close > 0
)

SELECT
    price_month, price_level, published,
    least(coalesce(lead(published) OVER (ORDER BY price_month), published + 100), published + 100) AS replaced
FROM release
