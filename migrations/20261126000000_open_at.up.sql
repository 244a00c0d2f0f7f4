-- Ask the database whether a venue is open: public.venue_open_at(hours, at), and public.venues_open_at(at, box) for a map.
-- What is written after `return` alone is put in place by the planner, and bound to its names when it is made. The rest is loops
-- without a query, for a query would be planned at every call; its functions are named in full instead of by a search_path of
-- its own, which would make every call plan anew as well.
-- Nothing here raises for any JSON, so no writer can be stopped by the index that comes next.

-- Time zones that every server this is made for knows (tz database of 2021), in an order that is part of that index: changing
-- the list means to make the index anew. Others are answered too, only more slowly.
create function public.venue_zones() returns text[] language sql immutable parallel safe
return '{Africa/Abidjan,Africa/Accra,Africa/Addis_Ababa,Africa/Algiers,Africa/Asmara,Africa/Bamako,Africa/Bangui,Africa/Banjul,
     Africa/Bissau,Africa/Blantyre,Africa/Brazzaville,Africa/Bujumbura,Africa/Cairo,Africa/Casablanca,Africa/Ceuta,
     Africa/Conakry,Africa/Dakar,Africa/Dar_es_Salaam,Africa/Djibouti,Africa/Douala,Africa/El_Aaiun,Africa/Freetown,
     Africa/Gaborone,Africa/Harare,Africa/Johannesburg,Africa/Juba,Africa/Kampala,Africa/Khartoum,Africa/Kigali,
     Africa/Kinshasa,Africa/Lagos,Africa/Libreville,Africa/Lome,Africa/Luanda,Africa/Lubumbashi,Africa/Lusaka,
     Africa/Malabo,Africa/Maputo,Africa/Maseru,Africa/Mbabane,Africa/Mogadishu,Africa/Monrovia,Africa/Nairobi,
     Africa/Ndjamena,Africa/Niamey,Africa/Nouakchott,Africa/Ouagadougou,Africa/Porto-Novo,Africa/Sao_Tome,Africa/Tripoli,
     Africa/Tunis,Africa/Windhoek,America/Adak,America/Anchorage,America/Anguilla,America/Antigua,America/Araguaina,
     America/Argentina/Buenos_Aires,America/Argentina/Catamarca,America/Argentina/Cordoba,America/Argentina/Jujuy,
     America/Argentina/La_Rioja,America/Argentina/Mendoza,America/Argentina/Rio_Gallegos,America/Argentina/Salta,
     America/Argentina/San_Juan,America/Argentina/San_Luis,America/Argentina/Tucuman,America/Argentina/Ushuaia,
     America/Aruba,America/Asuncion,America/Atikokan,America/Bahia,America/Bahia_Banderas,America/Barbados,America/Belem,
     America/Belize,America/Blanc-Sablon,America/Boa_Vista,America/Bogota,America/Boise,America/Cambridge_Bay,
     America/Campo_Grande,America/Cancun,America/Caracas,America/Cayenne,America/Cayman,America/Chicago,America/Chihuahua,
     America/Costa_Rica,America/Creston,America/Cuiaba,America/Curacao,America/Danmarkshavn,America/Dawson,
     America/Dawson_Creek,America/Denver,America/Detroit,America/Dominica,America/Edmonton,America/Eirunepe,
     America/El_Salvador,America/Fort_Nelson,America/Fortaleza,America/Glace_Bay,America/Goose_Bay,America/Grand_Turk,
     America/Grenada,America/Guadeloupe,America/Guatemala,America/Guayaquil,America/Guyana,America/Halifax,America/Havana,
     America/Hermosillo,America/Indiana/Indianapolis,America/Indiana/Knox,America/Indiana/Marengo,
     America/Indiana/Petersburg,America/Indiana/Tell_City,America/Indiana/Vevay,America/Indiana/Vincennes,
     America/Indiana/Winamac,America/Inuvik,America/Iqaluit,America/Jamaica,America/Juneau,America/Kentucky/Louisville,
     America/Kentucky/Monticello,America/Kralendijk,America/La_Paz,America/Lima,America/Los_Angeles,America/Lower_Princes,
     America/Maceio,America/Managua,America/Manaus,America/Marigot,America/Martinique,America/Matamoros,America/Mazatlan,
     America/Menominee,America/Merida,America/Metlakatla,America/Mexico_City,America/Miquelon,America/Moncton,
     America/Monterrey,America/Montevideo,America/Montserrat,America/Nassau,America/New_York,America/Nome,America/Noronha,
     America/North_Dakota/Beulah,America/North_Dakota/Center,America/North_Dakota/New_Salem,America/Nuuk,America/Ojinaga,
     America/Panama,America/Paramaribo,America/Phoenix,America/Port-au-Prince,America/Port_of_Spain,America/Porto_Velho,
     America/Puerto_Rico,America/Punta_Arenas,America/Rankin_Inlet,America/Recife,America/Regina,America/Resolute,
     America/Rio_Branco,America/Santarem,America/Santiago,America/Santo_Domingo,America/Sao_Paulo,America/Scoresbysund,
     America/Sitka,America/St_Barthelemy,America/St_Johns,America/St_Kitts,America/St_Lucia,America/St_Thomas,
     America/St_Vincent,America/Swift_Current,America/Tegucigalpa,America/Thule,America/Tijuana,America/Toronto,
     America/Tortola,America/Vancouver,America/Whitehorse,America/Winnipeg,America/Yakutat,Antarctica/Casey,
     Antarctica/Davis,Antarctica/DumontDUrville,Antarctica/Macquarie,Antarctica/Mawson,Antarctica/McMurdo,
     Antarctica/Palmer,Antarctica/Rothera,Antarctica/Syowa,Antarctica/Troll,Antarctica/Vostok,Arctic/Longyearbyen,
     Asia/Aden,Asia/Almaty,Asia/Amman,Asia/Anadyr,Asia/Aqtau,Asia/Aqtobe,Asia/Ashgabat,Asia/Atyrau,Asia/Baghdad,
     Asia/Bahrain,Asia/Baku,Asia/Bangkok,Asia/Barnaul,Asia/Beirut,Asia/Bishkek,Asia/Brunei,Asia/Chita,Asia/Colombo,
     Asia/Damascus,Asia/Dhaka,Asia/Dili,Asia/Dubai,Asia/Dushanbe,Asia/Famagusta,Asia/Gaza,Asia/Hebron,Asia/Ho_Chi_Minh,
     Asia/Hong_Kong,Asia/Hovd,Asia/Irkutsk,Asia/Jakarta,Asia/Jayapura,Asia/Jerusalem,Asia/Kabul,Asia/Kamchatka,
     Asia/Karachi,Asia/Kathmandu,Asia/Khandyga,Asia/Kolkata,Asia/Krasnoyarsk,Asia/Kuala_Lumpur,Asia/Kuching,Asia/Kuwait,
     Asia/Macau,Asia/Magadan,Asia/Makassar,Asia/Manila,Asia/Muscat,Asia/Nicosia,Asia/Novokuznetsk,Asia/Novosibirsk,
     Asia/Omsk,Asia/Oral,Asia/Phnom_Penh,Asia/Pontianak,Asia/Pyongyang,Asia/Qatar,Asia/Qostanay,Asia/Qyzylorda,Asia/Riyadh,
     Asia/Sakhalin,Asia/Samarkand,Asia/Seoul,Asia/Shanghai,Asia/Singapore,Asia/Srednekolymsk,Asia/Taipei,Asia/Tashkent,
     Asia/Tbilisi,Asia/Tehran,Asia/Thimphu,Asia/Tokyo,Asia/Tomsk,Asia/Ulaanbaatar,Asia/Urumqi,Asia/Ust-Nera,Asia/Vientiane,
     Asia/Vladivostok,Asia/Yakutsk,Asia/Yangon,Asia/Yekaterinburg,Asia/Yerevan,Atlantic/Azores,Atlantic/Bermuda,
     Atlantic/Canary,Atlantic/Cape_Verde,Atlantic/Faroe,Atlantic/Madeira,Atlantic/Reykjavik,Atlantic/South_Georgia,
     Atlantic/St_Helena,Atlantic/Stanley,Australia/Adelaide,Australia/Brisbane,Australia/Broken_Hill,Australia/Darwin,
     Australia/Eucla,Australia/Hobart,Australia/Lindeman,Australia/Lord_Howe,Australia/Melbourne,Australia/Perth,
     Australia/Sydney,Europe/Amsterdam,Europe/Andorra,Europe/Astrakhan,Europe/Athens,Europe/Belgrade,Europe/Berlin,
     Europe/Bratislava,Europe/Brussels,Europe/Bucharest,Europe/Budapest,Europe/Busingen,Europe/Chisinau,Europe/Copenhagen,
     Europe/Dublin,Europe/Gibraltar,Europe/Guernsey,Europe/Helsinki,Europe/Isle_of_Man,Europe/Istanbul,Europe/Jersey,
     Europe/Kaliningrad,Europe/Kirov,Europe/Lisbon,Europe/Ljubljana,Europe/London,Europe/Luxembourg,Europe/Madrid,
     Europe/Malta,Europe/Mariehamn,Europe/Minsk,Europe/Monaco,Europe/Moscow,Europe/Oslo,Europe/Paris,Europe/Podgorica,
     Europe/Prague,Europe/Riga,Europe/Rome,Europe/Samara,Europe/San_Marino,Europe/Sarajevo,Europe/Saratov,
     Europe/Simferopol,Europe/Skopje,Europe/Sofia,Europe/Stockholm,Europe/Tallinn,Europe/Tirane,Europe/Ulyanovsk,
     Europe/Vaduz,Europe/Vatican,Europe/Vienna,Europe/Vilnius,Europe/Volgograd,Europe/Warsaw,Europe/Zagreb,Europe/Zurich,
     Indian/Antananarivo,Indian/Chagos,Indian/Christmas,Indian/Cocos,Indian/Comoro,Indian/Kerguelen,Indian/Mahe,
     Indian/Maldives,Indian/Mauritius,Indian/Mayotte,Indian/Reunion,Pacific/Apia,Pacific/Auckland,Pacific/Bougainville,
     Pacific/Chatham,Pacific/Chuuk,Pacific/Easter,Pacific/Efate,Pacific/Fakaofo,Pacific/Fiji,Pacific/Funafuti,
     Pacific/Galapagos,Pacific/Gambier,Pacific/Guadalcanal,Pacific/Guam,Pacific/Honolulu,Pacific/Kiritimati,Pacific/Kosrae,
     Pacific/Kwajalein,Pacific/Majuro,Pacific/Marquesas,Pacific/Midway,Pacific/Nauru,Pacific/Niue,Pacific/Norfolk,
     Pacific/Noumea,Pacific/Pago_Pago,Pacific/Palau,Pacific/Pitcairn,Pacific/Pohnpei,Pacific/Port_Moresby,
     Pacific/Rarotonga,Pacific/Saipan,Pacific/Tahiti,Pacific/Tarawa,Pacific/Tongatapu,Pacific/Wake,Pacific/Wallis,UTC}'::text[];

-- A former name that providers still write is led to today's, which every server has.
create function public.venue_zone(name text) returns text language sql immutable parallel safe
return coalesce('{
    "Africa/Asmera": "Africa/Asmara", "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
    "America/Catamarca": "America/Argentina/Catamarca", "America/Coral_Harbour": "America/Atikokan",
    "America/Cordoba": "America/Argentina/Cordoba", "America/Godthab": "America/Nuuk",
    "America/Indianapolis": "America/Indiana/Indianapolis", "America/Jujuy": "America/Argentina/Jujuy",
    "America/Louisville": "America/Kentucky/Louisville", "America/Mendoza": "America/Argentina/Mendoza",
    "Asia/Calcutta": "Asia/Kolkata", "Asia/Katmandu": "Asia/Kathmandu", "Asia/Rangoon": "Asia/Yangon",
    "Asia/Saigon": "Asia/Ho_Chi_Minh", "Atlantic/Faeroe": "Atlantic/Faroe", "Etc/UTC": "UTC", "Pacific/Ponape": "Pacific/Pohnpei",
    "Pacific/Truk": "Pacific/Chuuk", "US/Central": "America/Chicago", "US/Eastern": "America/New_York",
    "US/Mountain": "America/Denver", "US/Pacific": "America/Los_Angeles"
    }'::jsonb ->> name, name);

-- The wall clock in a zone; null where this server does not know the zone. Servers before 16 must list all zones to tell, which
-- takes them a tenth of a second: hence the list above. With digits it would be a rule (`Foo/Bar5`) and no zone.
create function public.venue_local(zone text, at timestamptz) returns timestamp language plpgsql immutable parallel safe as $$
begin
    zone := public.venue_zone(zone);
    if zone = any (public.venue_zones()) then
        return pg_catalog.timezone(zone, at);
    elsif zone is null or zone !~ '^[A-Za-z_]+(/[A-Za-z_-]+)+$' then
        return null;
    elsif pg_catalog.current_setting('server_version_num')::int >= 160000 then
        return case when pg_catalog.pg_input_is_valid('2000-01-01 00:00 ' || zone, 'timestamptz') then pg_catalog.timezone(zone, at) end;
    elsif exists (select from pg_catalog.pg_timezone_names where name = zone) then
        return pg_catalog.timezone(zone, at);
    end if;
    return null;
end
$$;

-- Minutes from Sunday 00:00 of one {day, hour, minute}; null for anything else.
create function public.venue_minute(point jsonb) returns integer language sql immutable parallel safe
return case
    when (point -> 'day')::text || ' ' || (point -> 'hour')::text || ' ' || (point -> 'minute')::text
        ~ '^[0-6] (1?[0-9]|2[0-3]) [1-5]?[0-9]$'
    then (point -> 'day')::int * 1440 + (point -> 'hour')::int * 60 + (point -> 'minute')::int end;

-- A list of periods as minutes from Sunday 00:00, each closing after it opens, also over the week's end. Null as soon as one of
-- them cannot be read or contradicts itself. [0,10080) is the one period without close that means always.
create function public.venue_stretches(periods jsonb) returns int4range[] language plpgsql immutable parallel safe as $$
declare
    stretches int4range[] := '{}';
    point jsonb;
    opens integer;
    closes integer;
begin
    if pg_catalog.jsonb_typeof(periods) is distinct from 'array' then
        return null;
    end if;
    for at in 0 .. pg_catalog.jsonb_array_length(periods) - 1 loop
        point := periods -> at -> 'open';
        opens := public.venue_minute(point);
        point := periods -> at -> 'close';
        if point is null then
            closes := case when opens = 0 and pg_catalog.jsonb_array_length(periods) = 1 then 10080 end;
        else
            closes := public.venue_minute(point);
            if closes <= opens then
                closes := case when closes / 1440 <> opens / 1440 then closes + 10080 end;
            end if;
        end if;
        if opens is null or closes is null then
            return null;
        end if;
        stretches := stretches || pg_catalog.int4range(opens, closes);
    end loop;
    return stretches;
end
$$;

-- The minutes of the local week, from Sunday 00:00, that a plain week is open; null where it is unknown, complex or unreadable.
create function public.venue_week(hours jsonb) returns int4multirange language plpgsql immutable parallel safe as $$
declare
    stretches int4range[] := public.venue_stretches(hours -> 'periods');
    stretch int4range;
    week int4multirange := '{}';
begin
    if stretches is null or hours ->> 'state' is null then
        return null;
    elsif stretches = '{}' then
        return case when hours ->> 'state' = 'never_open' then week end;
    elsif stretches = '{"[0,10080)"}' then
        return case when hours ->> 'state' = 'always_open' then '{[0,10080)}'::int4multirange end;
    elsif hours ->> 'state' <> 'known' then
        return null;
    end if;
    foreach stretch in array stretches loop
        week := week + pg_catalog.int4multirange(stretch);
    end loop;
    -- What reaches into the next week is its beginning too.
    if pg_catalog.upper(week) > 10080 then
        week := week * '{[0,10080)}' + pg_catalog.int4multirange(pg_catalog.int4range(0, pg_catalog.upper(week) - 10080));
    end if;
    return week;
end
$$;

-- What holds at a moment of the venue's own clock, dated exceptions included. A stretch belongs to the date on which it opens: an
-- exception replaces the stretches that open on its date, and the night before runs to its end. Only a stretch of more than
-- 24 hours stops at the midnight where an exception begins, and goes on after it.
create function public.venue_open_by_date(hours jsonb, local timestamp) returns boolean
language plpgsql immutable parallel safe as $$
declare
    days jsonb := coalesce(hours -> 'special_days', '[]');
    complex boolean := hours ->> 'state' = 'complex';
    known boolean := public.venue_week(hours) is not null;
    weekday integer := pg_catalog.date_part('dow', local);
    minute integer := pg_catalog.date_part('hour', local) * 60 + pg_catalog.date_part('minute', local);
    dates text[];
    ages integer[] := '{}';
    age integer;
    stretches int4range[];
    stretch int4range;
    lasts integer;
    since integer;
    first_opening integer;
    open boolean := false;
begin
    if local is null or not coalesce(complex or known, false) or pg_catalog.jsonb_typeof(days) <> 'array' then
        return null;
    end if;
    -- Today and the seven days before: nothing that opened earlier is still open.
    for back in 0 .. 7 loop
        dates := dates || pg_catalog.to_char(local - back * '1 day'::interval, 'YYYY-MM-DD');
    end loop;
    for at in 0 .. pg_catalog.jsonb_array_length(days) - 1 loop
        stretches := public.venue_stretches(days -> at -> 'periods');
        if stretches is null or coalesce(days -> at ->> 'date' !~ '^\d{4}-\d\d-\d\d$', true) then
            return null;
        end if;
        age := pg_catalog.array_position(dates, days -> at ->> 'date') - 1;
        continue when age is null;
        ages := ages || age;
        foreach stretch in array stretches loop
            lasts := pg_catalog.upper(stretch) - pg_catalog.lower(stretch);
            if pg_catalog.lower(stretch) / 1440 <> (weekday - age + 7) % 7 or lasts = 10080 then
                return null;
            end if;
            since := age * 1440 + minute - pg_catalog.lower(stretch) % 1440;
            open := open or since >= 0 and since < lasts;
            if age = 0 then
                first_opening := least(first_opening, pg_catalog.lower(stretch) % 1440);
            end if;
        end loop;
    end loop;
    if open then
        return true;
    elsif complex then
        -- Closed is certain only where nothing of an unknown day before can still be open: after this date's first opening, or
        -- after noon of a date without one.
        return case when 0 = any (ages) and (1 = any (ages) or minute >= coalesce(first_opening, 720)) then false end;
    end if;
    foreach stretch in array public.venue_stretches(hours -> 'periods') loop
        lasts := pg_catalog.upper(stretch) - pg_catalog.lower(stretch);
        since := (weekday * 1440 + minute - pg_catalog.lower(stretch) + 20160) % 10080;
        age := case when lasts > 1440 then 0 else (pg_catalog.lower(stretch) % 1440 + since) / 1440 end;
        open := open or since < lasts and not age = any (ages);
    end loop;
    return open;
end
$$;

-- Whether a venue with these hours is open at a moment, on its own clock. Null: unknown, which is not closed. Seconds do not count.
create function public.venue_open_at(hours jsonb, at timestamptz) returns boolean language sql immutable parallel safe
return case
    when at >= '0001-01-01 00:00:00+00' and at < '9999-01-01 00:00:00+00' then case
        when coalesce(hours -> 'special_days', '[]') = '[]' and hours ->> 'state' <> 'complex' then case
            -- The same at every hour, so in every zone.
            when hours ->> 'timezone' is null
                then case when hours ->> 'state' <> 'known' then public.venue_week(hours) @> 0 end
            -- 1970-01-01 was a Thursday; enough whole weeks make every sum positive.
            else public.venue_week(hours) @> pg_catalog.mod(pg_catalog.floor(pg_catalog.date_part('epoch', public.venue_local(hours ->> 'timezone', at)) / 60)::bigint
                + 5760 + 2016000000, 10080)::int
            end
        else public.venue_open_by_date(hours, public.venue_local(hours ->> 'timezone', at))
        end
    end;

-- What the index holds of a venue's hours: the shortest stretch of the local day outside of which it never opens, on any day of the
-- week, dated exceptions included. It begins in [0,1440) and may pass midnight; it is moved by 2880 minutes for each place of
-- its zone in venue_zones(), so that a query can ask every zone for its own time of day at once. [0,1) is a zone that is not in
-- that list, and matches always. Null where nothing is known to open.
create function public.venue_open_span(hours jsonb) returns int4range language plpgsql immutable parallel safe as $$
declare
    days jsonb := case pg_catalog.jsonb_typeof(hours -> 'special_days') when 'array' then hours -> 'special_days' else '[]' end;
    stretches int4range[] := coalesce(public.venue_stretches(hours -> 'periods'), '{}');
    stretch int4range;
    zone integer := pg_catalog.array_position(public.venue_zones(), public.venue_zone(hours ->> 'timezone'));
    day int4multirange := '{}';
    opens integer;
    closes integer;
    rest int4multirange;
    previous integer;
    widest integer := -1;
    since integer;
    until integer;
begin
    for at in 0 .. pg_catalog.jsonb_array_length(days) - 1 loop
        stretches := stretches || coalesce(public.venue_stretches(days -> at -> 'periods'), '{}');
    end loop;
    if stretches = '{}' then
        return null;
    elsif zone is null then
        return '[0,1)';
    end if;
    foreach stretch in array stretches loop
        opens := pg_catalog.lower(stretch) % 1440;
        closes := opens + least(pg_catalog.upper(stretch) - pg_catalog.lower(stretch), 1440);
        day := day + pg_catalog.int4multirange(
            pg_catalog.int4range(opens, least(closes, 1440)), pg_catalog.int4range(0, greatest(closes - 1440, 0)));
    end loop;
    -- The widest gap of the day, which may hold midnight: from the last closing to the first opening of the next day.
    rest := day;
    previous := pg_catalog.upper(day) - 1440;
    while not pg_catalog.isempty(rest) loop
        opens := pg_catalog.lower(rest);
        closes := pg_catalog.lower(pg_catalog.int4multirange(pg_catalog.int4range(opens, 1441)) - rest);
        if opens - previous > widest then
            widest := opens - previous;
            since := previous;
            until := opens;
        end if;
        rest := rest - pg_catalog.int4multirange(pg_catalog.int4range(opens, closes));
        previous := closes;
    end loop;
    -- Open from the gap's end until it begins again.
    return pg_catalog.int4range(zone * 2880 + until, zone * 2880 + since + 1440);
end
$$;

-- The local time of day at a moment in every zone of venue_zones(), where a span of the index would hold it.
create function public.venue_open_marks(at timestamptz) returns int4multirange language plpgsql immutable parallel safe as $$
declare
    zones text[] := public.venue_zones();
    local timestamp;
    mark integer;
    marks int4range[] := '{"[0,1)"}';
begin
    if at < '0001-01-01 00:00:00+00' or at >= '9999-01-01 00:00:00+00' then
        return '{}';
    end if;
    for zone in 1 .. pg_catalog.array_length(zones, 1) loop
        local := pg_catalog.timezone(zones[zone], at);
        mark := zone * 2880 + pg_catalog.date_part('hour', local) * 60 + pg_catalog.date_part('minute', local);
        marks := marks || array[pg_catalog.int4range(mark, mark + 1), pg_catalog.int4range(mark + 1440, mark + 1441)];
    end loop;
    return pg_catalog.int4multirange(variadic marks);
end
$$;

-- The venues of a box that are open at a moment; west is larger than east where the box crosses the antimeridian. Its body is
-- text, unlike the others': one that is bound to columns of a table would stop every later change of them.
create function public.venues_open_at(
    at timestamptz, south double precision, west double precision, north double precision, east double precision
) returns setof public.venues language sql stable parallel safe rows 100 as $$
    select v.* from public.venues v
    where pg_catalog.point(v.lng, v.lat) <@ any (
            case when west <= east then array[pg_catalog.box(pg_catalog.point(west, south), pg_catalog.point(east, north))]
            else array[pg_catalog.box(pg_catalog.point(west, south), pg_catalog.point(180, north)), pg_catalog.box(pg_catalog.point(-180, south), pg_catalog.point(east, north))] end)
        and public.venue_open_span(v.hours) && (select public.venue_open_marks(at))
        and public.venue_open_at(v.hours, at)
$$;
