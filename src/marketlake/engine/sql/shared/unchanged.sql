-- unchanged: true, or an error where the lake's manifest is no longer that of the database, or a commit is
--     under way. Views of bars and marts have it as condition.
-- Formula: the manifest holds $state near its end; there is no manifest of a pending commit
-- Unit: -
-- Grain: one value
-- Source: -
(
    SELECT
        CASE
            WHEN
                count(*) FILTER (filename LIKE '%/manifest.next.json') = 0
                AND count(*) FILTER (contains(right(content, 250), $state)) = 1
                THEN true
            ELSE error('the lake was written after this database was built; run `marketlake build`')
        END
    FROM read_text($place || '/manifest*.json')
)
