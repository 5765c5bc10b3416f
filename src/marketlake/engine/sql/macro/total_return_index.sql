-- total_return_index(instrument): the value of one unit with dividends reinvested at the ex-date's
--     close.
-- Formula: return_index.total_index
-- Unit: quote currency; the first value is the first close
-- Grain: session
-- Source: return_index
CREATE MACRO total_return_index(instrument) AS TABLE
SELECT r.instrument_id, r.session, r.close, r.dividend, r.split, r.total_index
FROM return_index AS r
WHERE r.instrument_id = instrument
ORDER BY r.session
