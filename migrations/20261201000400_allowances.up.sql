-- The provider's word that an allowance is used up holds for everybody who uses the same key, whatever run they work on.
alter table venue_sync.pace add column used_up_until timestamptz;
