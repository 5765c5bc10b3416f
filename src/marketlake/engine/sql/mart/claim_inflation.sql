-- claim_inflation: the change in consumer prices over a calendar year, for every index.
-- Formula: index of December / index of the previous December
-- Unit: ratio
-- Grain: instrument_id, year
-- Source: bar, instrument
WITH december AS (
    SELECT
        b.instrument_id, n.synthetic,
        CAST(year(b.session) AS INTEGER) AS year,
        max_by(b.close, b.session) AS close
    FROM main.bar AS b
    JOIN main.instrument AS n ON n.instrument_id = b.instrument_id
    WHERE b.asset_class = 'inflation' AND month(b.session) = 12 AND b.close > 0
    GROUP BY b.instrument_id, n.synthetic, year(b.session)
)

SELECT t.instrument_id, t.year, t.close / p.close AS ratio, t.synthetic = 'all' AS simulated
FROM december AS t
JOIN december AS p ON p.instrument_id = t.instrument_id AND p.year = t.year - 1
