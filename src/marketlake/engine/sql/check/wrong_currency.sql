-- wrong_currency: an answer in another currency than the declared one, or in two units at once.
-- Severity: fail (the whole answer)
-- Formula: the currency served is neither quote_currency nor its minor unit (pence, cents, agorot); dollar
--          stablecoins stand for dollars
-- Why: a price in another currency is not a wrong price but another thing; minor units are turned into major ones
--      before
-- Remedy: correct quote_currency or the symbol in instruments.toml
-- Unit: -
-- Grain: a served row
-- Source: served, foreign_answer
SELECT s.*, format('served in {}', coalesce(s.currency, 'no currency')) AS message
FROM served AS s
JOIN foreign_answer AS f ON f.instrument_id = s.instrument_id
WHERE s.close IS NOT NULL
