-- span_block: the stored states that cover the whole years of a window: the widest blocks inside
--     it.
-- Formula: the blocks from $first_year to $last_year with a wider block that is not inside: at most
--          two of each width except the widest
-- Unit: as block_state
-- Grain: instrument_key, first_year
-- Source: block_state, year_block
SELECT b.*
FROM internal.block_state AS b
JOIN internal.year_block AS y ON y.block = b.block
WHERE
    b.basis = $basis AND y.first_year >= $first_year AND y.last_year <= $last_year
    AND (y.wider_first < $first_year OR y.wider_last > $last_year)
