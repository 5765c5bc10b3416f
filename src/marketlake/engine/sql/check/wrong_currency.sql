-- wrong_currency: an answer in a currency other than the declared one, or in two units.
-- Severity: fail (the whole answer)
-- Formula: the currency served is neither quote_currency nor its minor unit (pence, cents, agorot);
--          dollar stablecoins count as dollars
-- Why: a price in another currency is another quantity, not a wrong value. Minor units are
--      converted to major ones before the check
-- Remedy: correct quote_currency or the symbol in instruments.toml
-- Unit: -
-- Grain: a served row
-- Source: served, foreign_answer
SELECT s.*, format('served in {}', coalesce(s.currency, 'no currency')) AS message
FROM served AS s
JOIN foreign_answer AS f ON f.instrument_id = s.instrument_id
WHERE s.close IS NOT NULL
