-- Without those that belong to a constraint.
select n.nspname::text as schema, c.relname::text as table_name, x.relname::text as name, pg_get_indexdef(i.indexrelid) as definition,
    i.indisvalid and i.indisready and i.indislive as valid, obj_description(i.indexrelid, 'pg_class') as comment
from pg_catalog.pg_index i
join pg_catalog.pg_class x on x.oid = i.indexrelid
join pg_catalog.pg_class c on c.oid = i.indrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname in ('public', 'venue_sync') and c.relkind = 'r' and c.relname <> '_sqlx_migrations'
    and not exists (select from pg_catalog.pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x'))
    and not exists (select from pg_catalog.pg_depend e where e.classid = 'pg_class'::regclass and e.objid = c.oid and e.deptype = 'e');
