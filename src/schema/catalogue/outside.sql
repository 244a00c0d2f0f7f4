-- What is in a database and in no schema of ours: other schemas, with whatever is in them, and what is in none at all. What an
-- extension brought is the extension's.
with extended as (select d.classid, d.objid from pg_catalog.pg_depend d where d.deptype = 'e'),
ours as (select oid from pg_catalog.pg_namespace where nspname in ('public', 'venue_sync')),
found as (
    select 'schema' as kind, n.nspname::text as name, n.tableoid, n.oid from pg_catalog.pg_namespace n
    where n.nspname not in ('public', 'venue_sync', 'information_schema') and n.nspname !~ '^pg_'
    union all
    select 'extension', e.extname::text, e.tableoid, e.oid from pg_catalog.pg_extension e
    where e.extnamespace not in (select oid from ours) and e.oid >= 16384
    union all
    select 'event trigger', t.evtname::text, t.tableoid, t.oid from pg_catalog.pg_event_trigger t
    union all
    select 'publication', p.pubname::text, p.tableoid, p.oid from pg_catalog.pg_publication p
    where not exists (select from pg_catalog.pg_publication_rel l where l.prpubid = p.oid)
    union all
    select 'foreign-data wrapper', w.fdwname::text, w.tableoid, w.oid from pg_catalog.pg_foreign_data_wrapper w
    union all
    select 'foreign server', s.srvname::text, s.tableoid, s.oid from pg_catalog.pg_foreign_server s
    union all
    select 'language', l.lanname::text, l.tableoid, l.oid from pg_catalog.pg_language l where l.oid >= 16384
    union all
    select 'access method', a.amname::text, a.tableoid, a.oid from pg_catalog.pg_am a where a.oid >= 16384
    union all
    select 'transform', format('%s for %s', t.trftype::regtype, l.lanname), t.tableoid, t.oid
    from pg_catalog.pg_transform t join pg_catalog.pg_language l on l.oid = t.trflang
    union all
    select 'cast', format('%s as %s', c.castsource::regtype, c.casttarget::regtype), c.tableoid, c.oid
    from pg_catalog.pg_cast c where c.oid >= 16384
        and not exists (select from pg_catalog.pg_type t join ours on ours.oid = t.typnamespace
                        where t.oid in (c.castsource, c.casttarget))
    union all
    select 'default privileges', format('of %s on %s%s', d.defaclrole::regrole, d.defaclobjtype,
               coalesce(' in ' || nullif(d.defaclnamespace, 0)::regnamespace::text, '')), d.tableoid, d.oid
    from pg_catalog.pg_default_acl d
)
select f.kind, f.name from found f
where not exists (select from extended e where e.classid = f.tableoid and e.objid = f.oid)
order by 1, 2
