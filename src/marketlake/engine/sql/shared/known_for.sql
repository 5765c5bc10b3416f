-- known_for: how many days a reference rate or a yield stays valid: on its day and on the seven
--     after it.
-- Formula: 0 to 7; the last value on or before a day counts, none if it is older
-- Unit: days
-- Grain: days
-- Source: -
SELECT days FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7)) AS age (days)
