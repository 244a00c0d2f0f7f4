drop table venue_sync.categories;
