-- total_return_index(instrument): the value of one unit with dividends reinvested at the ex-date's
--     close.
-- Formula: return_index.total_index
-- Unit: quote currency; the first value is the first close
-- Grain: session
-- Source: bar, instrument
CREATE MACRO total_return_index(instrument) AS TABLE
WITH bar AS (
    SELECT b.*
    FROM main.bar AS b
    WHERE b.instrument_id = $instrument
),

-- from the bars of one instrument: a filter on the view would come after the view has read all
return_index AS (
    -- include: view/return_index
)

SELECT r.instrument_id, r.session, r.close, r.dividend, r.split, r.total_index
FROM return_index AS r
ORDER BY r.session
