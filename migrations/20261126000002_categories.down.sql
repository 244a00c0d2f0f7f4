-- loses: venue_sync.categories
drop table venue_sync.categories;
