-- given: the ids of the instruments that a macro's arguments name, in any case, by id or symbol.
-- Formula: the id of each name in relation asked, as text before the names of the arguments; an
--          error for a name that no instrument or that several instruments have. The empty name of
--          an optional argument stays empty
-- Unit: -
-- Grain: argument, place
-- Source: asked, instrument_name, instrument
SELECT
    a.argument, a.place,
    CASE
        WHEN len(n.instrument_ids) = 1 THEN n.instrument_ids[1]
        WHEN a.optional AND a.name = '' THEN ''
        WHEN len(n.instrument_ids) > 1 THEN error(
            concat('''', a.name, ''' is a symbol of ', array_to_string(n.instrument_ids[:5], ', '), '; give an id')
        )
        ELSE error(concat(
            'unknown instrument ''', a.name[:40], '''; ',
            coalesce(
                'did you mean ' || nullif(array_to_string(list_filter(
                    k.ids, lambda i: jaro_winkler_similarity(i, upper(a.name)) >= 0.8
                )[:3], ' or '), '') || '?',
                'known: ' || array_to_string(k.ids[:40], ', ')
            )
        ))
    END AS instrument_id
FROM asked AS a
LEFT JOIN main.instrument_name AS n ON n.name = upper(a.name)
CROSS JOIN (SELECT list(i.instrument_id) AS ids FROM main.instrument AS i) AS k
