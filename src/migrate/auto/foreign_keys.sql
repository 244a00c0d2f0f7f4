select n.nspname::text as schema, c.relname::text as table_name, m.nspname::text as other_schema, o.relname::text as other_table,
    array(select a.attname::text from unnest(k.conkey) with ordinality u (num, place)
          join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.num order by u.place) as columns,
    array(select a.attname::text from unnest(k.confkey) with ordinality u (num, place)
          join pg_catalog.pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.num order by u.place) as other_columns
from pg_catalog.pg_constraint k
join pg_catalog.pg_class c on c.oid = k.conrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_class o on o.oid = k.confrelid
join pg_catalog.pg_namespace m on m.oid = o.relnamespace
where k.contype = 'f' and n.nspname in ('public', 'venue_sync')
order by 1, 2, k.conname
