-- Everything that autogenerate cannot make. It is read, so that a difference in it is seen and refused by name.
with scope as (
    select oid, nspname::text as schema, nspacl, nspowner from pg_catalog.pg_namespace where nspname in ('public', 'venue_sync')
), relation as (
    select c.*, s.schema from pg_catalog.pg_class c join scope s on s.oid = c.relnamespace
    where c.relname !~ '^_sqlx_migrations'
        and not exists (select from pg_catalog.pg_depend d
                        where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
), extended as (
    -- Of an extension, or made along with another object.
    select d.classid, d.objid from pg_catalog.pg_depend d where d.deptype in ('e', 'i')
), others (kind, schema, name, part, definition) as (
    select case r.relkind when 'S' then 'sequence' when 'm' then 'materialized view' when 'p' then 'partitioned table'
            when 'f' then 'foreign table' when 'c' then 'composite type' when 'I' then 'partitioned index' end,
        r.schema, r.relname::text, '', concat_ws(' ',
            case r.relkind when 'm' then pg_get_viewdef(r.oid) when 'p' then pg_get_partkeydef(r.oid)
                when 'I' then pg_get_indexdef(r.oid) end,
            (select concat_ws(' ', format_type(q.seqtypid, null), q.seqstart, q.seqincrement, q.seqmin, q.seqmax, q.seqcache,
                    q.seqcycle) from pg_catalog.pg_sequence q where q.seqrelid = r.oid),
            (select string_agg(concat_ws(' ', a.attname, format_type(a.atttypid, a.atttypmod),
                    case when a.attnotnull then 'not null' end, pg_get_expr(d.adbin, d.adrelid)), ', ' order by a.attnum)
             from pg_catalog.pg_attribute a left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
             where a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped and r.relkind not in ('S', 'I')))
    from relation r
    where r.relkind in ('S', 'm', 'p', 'f', 'c', 'I')
        -- An identity column brings its own.
        and not (r.relkind = 'S' and exists (select from pg_catalog.pg_depend d
                 where d.classid = 'pg_class'::regclass and d.objid = r.oid and d.deptype = 'i'))
    union all
    select 'identity options', c.schema, c.relname::text, a.attname::text,
        concat_ws(' ', q.seqstart, q.seqincrement, q.seqmin, q.seqmax, q.seqcache, q.seqcycle)
    from pg_catalog.pg_sequence q join pg_catalog.pg_depend d on d.classid = 'pg_class'::regclass and d.objid = q.seqrelid
        and d.deptype = 'i' join relation c on c.oid = d.refobjid join pg_catalog.pg_attribute a
        on a.attrelid = c.oid and a.attnum = d.refobjsubid
    where (q.seqstart, q.seqincrement, q.seqmin, q.seqcache, q.seqcycle) <> (1, 1, 1, 1, false)
        or q.seqmax <> case q.seqtypid when 'int2'::regtype then 32767 when 'int4'::regtype then 2147483647
            else 9223372036854775807 end
    -- Of relations
    union all
    select 'inheritance', r.schema, r.relname::text, '',
        concat_ws(' ', i.inhparent::regclass, pg_get_expr(r.relpartbound, r.oid))
    from pg_catalog.pg_inherits i join relation r on r.oid = i.inhrelid
    union all
    select 'type of table', r.schema, r.relname::text, '', r.reloftype::regtype::text from relation r where r.reloftype <> 0
    union all
    select 'persistence', r.schema, r.relname::text, '', r.relpersistence::text from relation r
    where r.relpersistence <> 'p' and r.relkind in ('r', 'p', 'm', 'S')
    union all
    select 'replica identity', r.schema, r.relname::text, '', r.relreplident::text from relation r
    where r.relkind in ('r', 'p') and r.relreplident <> 'd'
    union all
    select 'row level security', r.schema, r.relname::text, '',
        case when r.relforcerowsecurity then 'forced' else 'enabled' end
    from relation r where r.relrowsecurity or r.relforcerowsecurity
    union all
    select 'storage parameters', r.schema, r.relname::text, '', array_to_string(r.reloptions, ', ') from relation r
    where r.reloptions is not null and r.relkind <> 'v'
        -- An index shows them in its own definition, unless it belongs to a constraint.
        and (r.relkind <> 'i' or exists (select from pg_catalog.pg_constraint k where k.conindid = r.oid))
    union all
    select 'storage parameters', r.schema, r.relname::text, 'toast', array_to_string(t.reloptions, ', ')
    from relation r join pg_catalog.pg_class t on t.oid = r.reltoastrelid where t.reloptions is not null
    union all
    select 'tablespace', r.schema, r.relname::text, '', s.spcname::text
    from relation r join pg_catalog.pg_tablespace s on s.oid = r.reltablespace
    union all
    select 'access method', r.schema, r.relname::text, '', m.amname::text
    from relation r join pg_catalog.pg_am m on m.oid = r.relam where r.relkind in ('r', 'm') and m.amname <> 'heap'
    union all
    select 'clustering', r.schema, r.relname::text, x.relname::text, 'on'
    from pg_catalog.pg_index i join relation r on r.oid = i.indrelid join pg_catalog.pg_class x on x.oid = i.indexrelid
    where i.indisclustered
    union all
    select 'exclusion constraint', r.schema, r.relname::text, k.conname::text, pg_get_constraintdef(k.oid)
    from pg_catalog.pg_constraint k join relation r on r.oid = k.conrelid where k.contype = 'x'
    union all
    select 'constraint', r.schema, r.relname::text, k.conname::text, pg_get_constraintdef(k.oid)
    from pg_catalog.pg_constraint k join relation r on r.oid = k.conrelid
    where r.relkind in ('p', 'f') and k.contype not in ('x', 'n', 't')
    union all
    select 'trigger', r.schema, r.relname::text, t.tgname::text, concat_ws(' ', pg_get_triggerdef(t.oid), nullif(t.tgenabled, 'O'))
    from pg_catalog.pg_trigger t join relation r on r.oid = t.tgrelid where not t.tgisinternal
    union all
    select 'disabled foreign key', r.schema, r.relname::text, k.conname::text, t.tgenabled::text
    from pg_catalog.pg_trigger t join relation r on r.oid = t.tgrelid join pg_catalog.pg_constraint k on k.oid = t.tgconstraint
    where t.tgisinternal and t.tgenabled <> 'O'
    union all
    select 'rule', r.schema, r.relname::text, w.rulename::text, concat_ws(' ', pg_get_ruledef(w.oid), nullif(w.ev_enabled, 'O'))
    from pg_catalog.pg_rewrite w join relation r on r.oid = w.ev_class where w.rulename <> '_RETURN'
    union all
    select 'policy', r.schema, r.relname::text, p.polname::text, concat_ws(' ', p.polpermissive, p.polcmd,
        array(select coalesce(rolname, 'public') from unnest(p.polroles) o left join pg_catalog.pg_roles a on a.oid = o order by 1),
        'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid))
    from pg_catalog.pg_policy p join relation r on r.oid = p.polrelid
    union all
    select 'extended statistics', s.schema, x.stxname::text, '', pg_get_statisticsobjdef(x.oid)
    from pg_catalog.pg_statistic_ext x join scope s on s.oid = x.stxnamespace
    union all
    select 'default of a view', r.schema, r.relname::text, a.attname::text, pg_get_expr(d.adbin, d.adrelid)
    from relation r join pg_catalog.pg_attrdef d on d.adrelid = r.oid
    join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attnum = d.adnum where r.relkind = 'v'
    union all
    select 'column storage', r.schema, r.relname::text, a.attname::text,
        concat_ws(' ', a.attstorage, nullif(a.attcompression::text, ''), array_to_string(a.attoptions, ', '),
            'statistics ' || nullif(nullif(a.attstattarget, -1), 0))
    from relation r join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
    join pg_catalog.pg_type t on t.oid = a.atttypid
    where r.relkind in ('r', 'p', 'm', 'i') and (a.attstorage <> t.typstorage and r.relkind <> 'i'
        or a.attcompression::text <> '' or a.attoptions is not null or coalesce(a.attstattarget, -1) > 0)
    union all
    select 'comment', r.schema, r.relname::text, coalesce(a.attname::text, ''), d.description
    from pg_catalog.pg_description d join relation r on r.oid = d.objoid and d.classoid = 'pg_class'::regclass
    left join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attnum = d.objsubid and d.objsubid > 0
    where r.relkind not in ('r', 'v', 'i')
        or r.relkind = 'i' and (d.objsubid > 0 or exists (select from pg_catalog.pg_constraint k where k.conindid = r.oid))
    -- Types and routines
    union all
    select case t.typtype when 'd' then 'domain' when 'r' then 'range type' when 'p' then 'shell type' else 'base type' end,
        s.schema, t.typname::text, '', concat_ws(' ', case t.typtype
            when 'd' then concat_ws(' ', format_type(t.typbasetype, t.typtypmod), case when t.typnotnull then 'not null' end,
                t.typdefault, t.typcollation::regcollation,
                (select string_agg(format('%s %s', k.conname, pg_get_constraintdef(k.oid)), ', ' order by k.conname)
                 from pg_catalog.pg_constraint k where k.contypid = t.oid))
            when 'r' then (select concat_ws(' ', format_type(g.rngsubtype, null), o.opcname, g.rngcollation::regcollation,
                    g.rngcanonical, g.rngsubdiff)
                from pg_catalog.pg_range g join pg_catalog.pg_opclass o on o.oid = g.rngsubopc where g.rngtypid = t.oid)
            else concat_ws(' ', t.typinput, t.typoutput, t.typlen, t.typalign) end, obj_description(t.oid, 'pg_type'))
    from pg_catalog.pg_type t join scope s on s.oid = t.typnamespace
    where (t.typtype in ('d', 'r', 'p') or t.typtype = 'b' and t.typcategory <> 'A')
        and ('pg_type'::regclass::oid, t.oid) not in (select * from extended)
    union all
    select 'aggregate', s.schema, format('%I(%s)', p.proname, pg_get_function_identity_arguments(p.oid)), '', concat_ws(' ',
        g.aggtransfn, g.aggfinalfn, g.aggcombinefn, format_type(g.aggtranstype, null), g.agginitval, g.aggkind, p.provolatile,
        p.proparallel)
    from pg_catalog.pg_proc p join scope s on s.oid = p.pronamespace join pg_catalog.pg_aggregate g on g.aggfnoid = p.oid
    where ('pg_proc'::regclass::oid, p.oid) not in (select * from extended)
    union all
    select 'operator', s.schema, o.oprname::text, concat_ws(',', format_type(nullif(o.oprleft, 0), null), format_type(o.oprright, null)),
        concat_ws(' ', o.oprcode, o.oprcom::regoperator, o.oprnegate::regoperator, o.oprrest, o.oprjoin, o.oprcanmerge, o.oprcanhash)
    from pg_catalog.pg_operator o join scope s on s.oid = o.oprnamespace
    where ('pg_operator'::regclass::oid, o.oid) not in (select * from extended)
    union all
    select 'operator class', s.schema, o.opcname::text, m.amname::text,
        concat_ws(' ', f.opfname, format_type(o.opcintype, null), o.opcdefault, format_type(nullif(o.opckeytype, 0), null))
    from pg_catalog.pg_opclass o join scope s on s.oid = o.opcnamespace join pg_catalog.pg_am m on m.oid = o.opcmethod
    join pg_catalog.pg_opfamily f on f.oid = o.opcfamily
    where ('pg_opclass'::regclass::oid, o.oid) not in (select * from extended)
    union all
    select 'operator family', s.schema, f.opfname::text, m.amname::text,
        (select string_agg(format('%s %s', a.amopstrategy, a.amopopr::regoperator), ', ' order by a.amopstrategy, a.amopopr::regoperator::text)
         from pg_catalog.pg_amop a where a.amopfamily = f.oid)
    from pg_catalog.pg_opfamily f join scope s on s.oid = f.opfnamespace join pg_catalog.pg_am m on m.oid = f.opfmethod
    where ('pg_opfamily'::regclass::oid, f.oid) not in (select * from extended)
    union all
    select 'collation', s.schema, o.collname::text, '',
        (to_jsonb(o) - array['oid', 'collname', 'collnamespace', 'collowner', 'collversion'])::text
    from pg_catalog.pg_collation o join scope s on s.oid = o.collnamespace
    where ('pg_collation'::regclass::oid, o.oid) not in (select * from extended)
    union all
    select 'conversion', s.schema, o.conname::text, '', concat_ws(' ', pg_encoding_to_char(o.conforencoding),
        pg_encoding_to_char(o.contoencoding), o.conproc, o.condefault)
    from pg_catalog.pg_conversion o join scope s on s.oid = o.connamespace
    where ('pg_conversion'::regclass::oid, o.oid) not in (select * from extended)
    union all
    select 'text search configuration', s.schema, o.cfgname::text, '', (select string_agg(concat_ws(' ', m.maptokentype, m.mapseqno,
        m.mapdict::regdictionary), ', ' order by m.maptokentype, m.mapseqno) from pg_catalog.pg_ts_config_map m where m.mapcfg = o.oid)
    from pg_catalog.pg_ts_config o join scope s on s.oid = o.cfgnamespace
    where ('pg_ts_config'::regclass::oid, o.oid) not in (select * from extended)
    union all
    select 'text search dictionary', s.schema, o.dictname::text, '', concat_ws(' ', t.tmplname, o.dictinitoption)
    from pg_catalog.pg_ts_dict o join scope s on s.oid = o.dictnamespace join pg_catalog.pg_ts_template t on t.oid = o.dicttemplate
    where ('pg_ts_dict'::regclass::oid, o.oid) not in (select * from extended)
    union all
    select 'text search parser', s.schema, o.prsname::text, '', concat_ws(' ', o.prsstart, o.prstoken, o.prsend, o.prslextype)
    from pg_catalog.pg_ts_parser o join scope s on s.oid = o.prsnamespace
    where ('pg_ts_parser'::regclass::oid, o.oid) not in (select * from extended)
    union all
    select 'text search template', s.schema, o.tmplname::text, '', concat_ws(' ', o.tmplinit, o.tmpllexize)
    from pg_catalog.pg_ts_template o join scope s on s.oid = o.tmplnamespace
    where ('pg_ts_template'::regclass::oid, o.oid) not in (select * from extended)
    -- Of the whole database, where it touches these schemas
    union all
    select 'extension', s.schema, e.extname::text, '', '' from pg_catalog.pg_extension e join scope s on s.oid = e.extnamespace
    union all
    select 'cast', coalesce(s.schema, t.schema), format('%s as %s', format_type(o.castsource, null), format_type(o.casttarget, null)), '',
        concat_ws(' ', nullif(o.castfunc, 0)::regprocedure, o.castcontext, o.castmethod)
    from pg_catalog.pg_cast o
    left join (pg_catalog.pg_type f join scope s on s.oid = f.typnamespace) on f.oid = o.castsource
    left join (pg_catalog.pg_type g join scope t on t.oid = g.typnamespace) on g.oid = o.casttarget
    where coalesce(s.schema, t.schema) is not null and ('pg_cast'::regclass::oid, o.oid) not in (select * from extended)
    union all
    select 'publication', coalesce(r.schema, ''), p.pubname::text, coalesce(r.relname::text, ''), 'on'
    from pg_catalog.pg_publication_rel l join pg_catalog.pg_publication p on p.oid = l.prpubid join relation r on r.oid = l.prrelid
    -- Rights
    union all
    select 'privileges', g.schema, g.name, coalesce(o.rolname::text, 'public'),
        string_agg(concat(a.privilege_type, case when a.is_grantable then ' with grant option' end), ', ' order by a.privilege_type)
    from (
        select s.schema, s.schema, s.nspacl, s.nspowner, 'n'::"char" from scope s where s.schema <> 'public'
        union all
        select r.schema, r.relname::text, r.relacl, r.relowner, case r.relkind when 'S' then 's' else 'r' end::"char"
        from relation r where r.relkind <> 'i'
        union all
        select r.schema, format('%s.%s', r.relname, a.attname), a.attacl, r.relowner, 'c'::"char"
        from relation r join pg_catalog.pg_attribute a on a.attrelid = r.oid where a.attacl is not null
        union all
        select s.schema, format('%I(%s)', p.proname, pg_get_function_identity_arguments(p.oid)), p.proacl, p.proowner, 'f'::"char"
        from pg_catalog.pg_proc p join scope s on s.oid = p.pronamespace
        where ('pg_proc'::regclass::oid, p.oid) not in (select * from extended)
        union all
        select s.schema, t.typname::text, t.typacl, t.typowner, 'T'::"char"
        from pg_catalog.pg_type t join scope s on s.oid = t.typnamespace
        where ('pg_type'::regclass::oid, t.oid) not in (select * from extended)
    ) g (schema, name, acl, owner, kind)
    cross join lateral aclexplode(g.acl) a
    left join pg_catalog.pg_roles o on o.oid = a.grantee
    where a.grantee <> g.owner
        and not exists (select from aclexplode(acldefault(g.kind, g.owner)) d
                        where d.grantee = a.grantee and d.privilege_type = a.privilege_type)
    group by g.schema, g.name, o.rolname
    union all
    select 'privileges', s.schema, format('%I(%s)', p.proname, pg_get_function_identity_arguments(p.oid)), 'public', 'none'
    from pg_catalog.pg_proc p join scope s on s.oid = p.pronamespace
    where p.proacl is not null and not exists (select from aclexplode(p.proacl) a where a.grantee = 0)
        and ('pg_proc'::regclass::oid, p.oid) not in (select * from extended)
)
select kind, coalesce(schema, '') as schema, name, part, coalesce(definition, '') as definition from others;
