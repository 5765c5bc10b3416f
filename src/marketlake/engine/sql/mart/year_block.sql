-- year_block: the stored blocks of years, each with the next wider block that it is half of.
-- Formula: any span of whole years is covered, without overlap, by the blocks inside it with a
--          wider block that is not inside
-- Unit: -
-- Grain: years, first_year
-- Source: block_state
SELECT
    block, years, first_year, first_year + years - 1 AS last_year,
    CASE WHEN years < $widest THEN first_year - first_year % (2 * years) ELSE 0 END AS wider_first,
    CASE WHEN years < $widest THEN first_year - first_year % (2 * years) + 2 * years - 1 ELSE 0 END AS wider_last
FROM internal.block_state
GROUP BY block, years, first_year
ORDER BY years, first_year
