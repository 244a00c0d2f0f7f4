select n.nspname::text as schema, c.relname::text as table_name, a.attname::text as name, a.attnum as position,
    format_type(a.atttypid, a.atttypmod) as type_name, a.attnotnull as not_null,
    case when a.attgenerated = '' then pg_get_expr(d.adbin, d.adrelid) end as default_value,
    case a.attidentity when 'a' then 'always' when 'd' then 'by default' end as identity,
    -- Virtual ones came with PostgreSQL 18.
    case a.attgenerated when 's' then pg_get_expr(d.adbin, d.adrelid) || ') stored'
        when 'v' then pg_get_expr(d.adbin, d.adrelid) || ') virtual' end as generated,
    case when a.attcollation <> t.typcollation then format('%I.%I', l.nspname, o.collname) end as collation,
    col_description(c.oid, a.attnum) as comment
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
join pg_catalog.pg_type t on t.oid = a.atttypid
left join pg_catalog.pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
left join pg_catalog.pg_collation o on o.oid = a.attcollation
left join pg_catalog.pg_namespace l on l.oid = o.collnamespace
where n.nspname in ('public', 'venue_sync') and c.relkind = 'r' and c.relname <> '_sqlx_migrations'
    and not exists (select from pg_catalog.pg_depend e where e.classid = 'pg_class'::regclass and e.objid = c.oid and e.deptype = 'e');
