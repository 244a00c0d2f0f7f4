-- Plain tables and views. Partitioned, foreign and typed tables are among the others.
select n.nspname::text as schema, c.relname::text as name, c.relkind = 'v' as view,
    case c.relkind when 'v' then pg_get_viewdef(c.oid) end as definition,
    case c.relkind when 'v' then array_to_string(c.reloptions, ', ') end as options,
    obj_description(c.oid, 'pg_class') as comment,
    array(select a.attname::text
          from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and col_description(c.oid, a.attnum) is not null
          order by a.attnum) as commented,
    array(select col_description(c.oid, a.attnum)
          from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and col_description(c.oid, a.attnum) is not null
          order by a.attnum) as comments
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname in ('public', 'venue_sync') and c.relkind in ('r', 'v') and c.relname <> '_sqlx_migrations'
    and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e');
