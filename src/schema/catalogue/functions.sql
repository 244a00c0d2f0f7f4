-- Functions, window functions and procedures. The server cannot write out an aggregate: those are among the others.
select n.nspname::text as schema, format('%I(%s)', p.proname, pg_get_function_identity_arguments(p.oid)) as name,
    rtrim(pg_get_functiondef(p.oid), E'\n') as definition, obj_description(p.oid, 'pg_proc') as comment
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
where n.nspname in ('public', 'venue_sync') and p.prokind <> 'a'
    and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype in ('e', 'i'));
