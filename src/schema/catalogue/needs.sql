-- Which object cannot be without which other, as far as the server knows.
with scope as (
    select oid, nspname::text as schema from pg_catalog.pg_namespace where nspname in ('public', 'venue_sync')
), relation as (
    select c.oid, c.reltype, c.relkind, s.schema, c.relname::text as name
    from pg_catalog.pg_class c join scope s on s.oid = c.relnamespace
    where c.relkind in ('r', 'v') and c.relname <> '_sqlx_migrations'
), object (class, id, part_id, kind, schema, name, part) as (
    select 'pg_class'::regclass, r.oid, 0, case r.relkind when 'r' then 'table' else 'view' end, r.schema, r.name, ''
    from relation r
    union all
    select 'pg_class'::regclass, r.oid, a.attnum, case r.relkind when 'r' then 'column' else 'view' end, r.schema, r.name,
        case r.relkind when 'r' then a.attname::text else '' end
    from relation r join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
    union all
    select 'pg_attrdef'::regclass, d.oid, 0, 'column', r.schema, r.name, a.attname::text
    from relation r join pg_catalog.pg_attrdef d on d.adrelid = r.oid
    join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attnum = d.adnum
    where r.relkind = 'r'
    union all
    select 'pg_rewrite'::regclass, w.oid, 0, 'view', r.schema, r.name, ''
    from relation r join pg_catalog.pg_rewrite w on w.ev_class = r.oid and w.rulename = '_RETURN'
    union all
    select 'pg_class'::regclass, i.indexrelid, 0, 'index', r.schema, r.name, x.relname::text
    from relation r join pg_catalog.pg_index i on i.indrelid = r.oid join pg_catalog.pg_class x on x.oid = i.indexrelid
    where not exists (select from pg_catalog.pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x'))
    union all
    select 'pg_class'::regclass, k.conindid, 0, 'constraint', r.schema, r.name, k.conname::text
    from relation r join pg_catalog.pg_constraint k on k.conrelid = r.oid and k.contype in ('p', 'u')
    union all
    select 'pg_constraint'::regclass, k.oid, 0, 'constraint', r.schema, r.name, k.conname::text
    from relation r join pg_catalog.pg_constraint k on k.conrelid = r.oid and k.contype in ('p', 'u', 'c', 'f')
    union all
    select 'pg_proc'::regclass, p.oid, 0, 'function', s.schema,
        format('%I(%s)', p.proname, pg_get_function_identity_arguments(p.oid)), ''
    from scope s join pg_catalog.pg_proc p on p.pronamespace = s.oid and p.prokind <> 'a'
    union all
    select 'pg_type'::regclass, i.id, 0, 'enum', s.schema, t.typname::text, ''
    from scope s join pg_catalog.pg_type t on t.typnamespace = s.oid and t.typtype = 'e'
    cross join lateral (values (t.oid), (t.typarray)) i (id)
    union all
    select 'pg_type'::regclass, i.id, 0, case r.relkind when 'r' then 'table' else 'view' end, r.schema, r.name, ''
    from relation r join pg_catalog.pg_type t on t.oid = r.reltype
    cross join lateral (values (t.oid), (t.typarray)) i (id)
)
select distinct f.kind, f.schema, f.name, f.part, t.kind as needed_kind, t.schema as needed_schema, t.name as needed_name,
    t.part as needed_part
from pg_catalog.pg_depend d
join object f on f.class = d.classid and f.id = d.objid and f.part_id = d.objsubid
join object t on t.class = d.refclassid and t.id = d.refobjid and t.part_id = d.refobjsubid
where (f.kind, f.schema, f.name, f.part) <> (t.kind, t.schema, t.name, t.part);
