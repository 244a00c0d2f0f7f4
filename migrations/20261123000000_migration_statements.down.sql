-- loses: venue_sync.migration_statements
-- Nothing that the next `venues migrate up` does not write again, but for migrations that it has no file of.
drop table venue_sync.migration_statements;
