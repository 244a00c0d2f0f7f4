-- Every server's `public` has the same comment from the start.
select n.nspname::text as schema, n.nspname::text as name, nullif(obj_description(n.oid, 'pg_namespace'), 'standard public schema') as comment
from pg_catalog.pg_namespace n
where n.nspname in ('public', 'venue_sync');
