use venue_sync::migrate::{State, Target};

use crate::bench::{Bench, FIRST, SECOND, files, to, told};

/// The backend's revision f99aa361bd09, object by object.
const REVISION_F99AA361BD09: &str = "\
alembic_version.version_num character varying(32) not null
user_events.created_at timestamp with time zone not null
user_events.event_type event_type_enum not null
user_events.id uuid not null
user_events.mode mode_enum
user_events.query_context json
user_events.user_id character varying(255)
user_events.venue_id uuid
venue_profiles.attribute_scores json not null
venue_profiles.embedding_ref character varying(255)
venue_profiles.evidence_snippets json not null
venue_profiles.expires_at timestamp with time zone
venue_profiles.id uuid not null
venue_profiles.profiled_at timestamp with time zone not null
venue_profiles.venue_id uuid not null
venues.address text
venues.categories character varying[] not null
venues.created_at timestamp with time zone not null
venues.hours json
venues.id uuid not null
venues.last_seen_at timestamp with time zone not null
venues.lat double precision not null
venues.lng double precision not null
venues.name character varying(255) not null
venues.price_level integer
venues.provider_id character varying(255) not null
venues.provider_name character varying(50) not null
venues.rating double precision
venues.raw_hours text
venues.updated_at timestamp with time zone not null
CREATE INDEX ix_user_events_created_at ON public.user_events USING btree (created_at)
CREATE INDEX ix_user_events_event_type ON public.user_events USING btree (event_type)
CREATE INDEX ix_user_events_id ON public.user_events USING btree (id)
CREATE INDEX ix_user_events_mode ON public.user_events USING btree (mode)
CREATE INDEX ix_user_events_user_id ON public.user_events USING btree (user_id)
CREATE INDEX ix_user_events_venue_id ON public.user_events USING btree (venue_id)
CREATE INDEX ix_venue_profiles_id ON public.venue_profiles USING btree (id)
CREATE INDEX ix_venues_id ON public.venues USING btree (id)
CREATE UNIQUE INDEX alembic_version_pkc ON public.alembic_version USING btree (version_num)
CREATE UNIQUE INDEX ix_venue_profiles_venue_id ON public.venue_profiles USING btree (venue_id)
CREATE UNIQUE INDEX ix_venues_provider_id ON public.venues USING btree (provider_id)
CREATE UNIQUE INDEX user_events_pkey ON public.user_events USING btree (id)
CREATE UNIQUE INDEX venue_profiles_pkey ON public.venue_profiles USING btree (id)
CREATE UNIQUE INDEX venues_pkey ON public.venues USING btree (id)
alembic_version alembic_version_pkc PRIMARY KEY (version_num)
user_events user_events_pkey PRIMARY KEY (id)
user_events user_events_venue_id_fkey FOREIGN KEY (venue_id) REFERENCES venues(id) ON DELETE SET NULL
venue_profiles venue_profiles_pkey PRIMARY KEY (id)
venue_profiles venue_profiles_venue_id_fkey FOREIGN KEY (venue_id) REFERENCES venues(id) ON DELETE CASCADE
venues venues_pkey PRIMARY KEY (id)
event_type_enum IMPRESSION CLICK SAVE THUMBS_UP THUMBS_DOWN NAVIGATE
mode_enum WORK DATE QUICK_BITE BUDGET";

#[tokio::test]
async fn the_first_migration_makes_the_backends_database() {
    let mut bench = Bench::at(1).await;
    assert_eq!(bench.catalogue("public").await, REVISION_F99AA361BD09);
    assert_eq!(bench.text("select string_agg(version_num, ' ') from alembic_version").await.unwrap(), "f99aa361bd09");
    let owned =
        bench.text("select count(*)::text from pg_class where relnamespace = 'public'::regnamespace and relkind = 'S'");
    assert_eq!(owned.await.unwrap(), "0", "no sequence: the backend makes its ids itself");
}

#[tokio::test]
async fn rows_survive_every_migration_up_down_and_up_again() {
    let mut bench = Bench::at(1).await;
    bench.seed().await;
    let rows = bench.rows().await;
    let one = told(Target::Count(1));
    let here = bench.versions().await;
    for file in files().iter().skip(1) {
        if !here.contains(&file.version) {
            assert!(file.up.extension.is_some(), "{} was left out", file.version);
            continue;
        }
        let before = [bench.catalogue("public").await, bench.catalogue("venue_sync").await];
        let mut after = Vec::new();
        for again in [false, true] {
            assert_eq!(bench.up(&one).await.unwrap(), [file.version]);
            after.push([bench.catalogue("public").await, bench.catalogue("venue_sync").await]);
            if !again {
                assert_eq!(bench.down(&one).await.unwrap(), [file.version]);
                assert_eq!([bench.catalogue("public").await, bench.catalogue("venue_sync").await], before);
            }
        }
        assert_eq!(after.first(), after.last(), "{}", file.version);
    }
    assert_eq!(bench.down(&told(to("f99aa361bd09"))).await.unwrap().last(), Some(&SECOND));
    assert_eq!(bench.rows().await, rows);
    assert_eq!(bench.catalogue("public").await, REVISION_F99AA361BD09);
    assert_eq!(bench.text("select version_num from alembic_version").await.unwrap(), "f99aa361bd09");
}

#[tokio::test]
async fn all_the_way_down_nothing_is_left_and_up_again_is_the_same() {
    let mut bench = Bench::empty().await;
    let nothing = bench.everything().await;
    bench.up(&told(Target::Usual)).await.unwrap();
    let head = [bench.catalogue("public").await, bench.catalogue("venue_sync").await];
    bench.seed().await;
    let undone = bench.down(&told(to("base"))).await.unwrap();
    assert!(undone.is_sorted_by(|newer, older| newer > older), "newest first: {undone:?}");
    assert_eq!((undone.len(), undone.last()), (bench.count().await, Some(&FIRST)));
    // An extension that others may use stays.
    bench.run("drop extension if exists vector").await;
    assert_eq!(bench.everything().await, nothing, "not even our schema");
    assert_eq!(bench.standing().await.state(), Ok(State::Behind { pending: bench.count().await }));
    assert!(bench.down(&told(Target::Usual)).await.unwrap().is_empty());
    assert_eq!(bench.up(&told(to("head"))).await.unwrap().last(), Some(&bench.newest().await));
    assert_eq!([bench.catalogue("public").await, bench.catalogue("venue_sync").await], head);
    assert_eq!(bench.standing().await.state(), Ok(State::Current));
}

#[tokio::test]
async fn one_goes_so_many_steps_or_to_a_revision() {
    let bench = Bench::empty().await;
    assert_eq!(bench.up(&told(Target::Count(1))).await.unwrap(), [FIRST]);
    assert_eq!(bench.up(&told(to("20261122"))).await.unwrap(), [SECOND]);
    assert!(bench.up(&told(to("2025"))).await.unwrap().is_empty(), "it is past that");
    assert_eq!(bench.down(&told(Target::Usual)).await.unwrap(), [SECOND], "one");
    assert!(bench.down(&told(to("f99aa361bd09"))).await.unwrap().is_empty(), "it is there");
    for unknown in ["1999", "f99aa361bd0", ""] {
        let said = bench.up(&told(to(unknown))).await.unwrap_err().to_string();
        assert!(said.contains("no revision") && said.contains(&FIRST.to_string()), "{said}");
    }
    let said = bench.up(&told(to("20"))).await.unwrap_err().to_string();
    assert!(said.contains(&FIRST.to_string()) && said.contains(&SECOND.to_string()), "{said}");
}

#[tokio::test]
async fn at_head_json_can_be_compared_and_two_providers_may_use_one_id() {
    let mut bench = Bench::at(2).await;
    let public = bench.catalogue("public").await;
    let differ = |line: &&str| !REVISION_F99AA361BD09.lines().any(|known| known == *line);
    let added: Vec<_> = public.lines().filter(differ).collect();
    assert_eq!(
        added,
        [
            "user_events.query_context jsonb",
            "venue_profiles.attribute_scores jsonb not null",
            "venue_profiles.evidence_snippets jsonb not null",
            "venues.hours jsonb",
            "CREATE INDEX ix_venues_provider_id ON public.venues USING btree (provider_id)",
            "CREATE UNIQUE INDEX ix_venues_provider_name_provider_id ON public.venues USING btree (provider_name, provider_id)",
        ],
        "nothing else changes for the readers"
    );
    let ours = bench.catalogue("venue_sync").await;
    for table in ["_sqlx_migrations", "runs", "workers", "tiles", "answers", "rejects", "quota", "venue_states"] {
        assert!(ours.contains(&format!("{table}_pkey")), "{table} is not in {ours}");
    }
}

#[tokio::test]
async fn readers_find_a_venue_by_its_id_alone_through_an_index() {
    let mut bench = Bench::at(2).await;
    bench
        .run(
            "insert into venues select gen_random_uuid(), 'id-' || n, 'google', 'n', '{}', 0, 0, null, null, null, null, null,
                 now(), now(), now() from generate_series(1, 3000) n; analyze venues",
        )
        .await;
    let plan: Vec<String> = sqlx::query_scalar("explain select * from venues where provider_id = 'id-77' limit 1")
        .fetch_all(&mut bench.connection)
        .await
        .unwrap();
    assert!(plan.concat().contains("ix_venues_provider_id"), "{plan:?}");
}
