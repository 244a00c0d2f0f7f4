-- Exclusion constraints and constraint triggers are among the others. From PostgreSQL 18 on a column's `not null` is a constraint
-- as well: it is read with its column.
select n.nspname::text as schema, c.relname::text as table_name, k.conname::text as name,
    case k.contype when 'p' then 'primary key' when 'u' then 'unique' when 'c' then 'check' else 'foreign key' end as sort,
    pg_get_constraintdef(k.oid) as definition, obj_description(k.oid, 'pg_constraint') as comment
from pg_catalog.pg_constraint k
join pg_catalog.pg_class c on c.oid = k.conrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where n.nspname in ('public', 'venue_sync') and c.relkind = 'r' and c.relname <> '_sqlx_migrations' and k.contype in ('p', 'u', 'c', 'f')
    and not exists (select from pg_catalog.pg_depend e where e.classid = 'pg_class'::regclass and e.objid = c.oid and e.deptype = 'e');
