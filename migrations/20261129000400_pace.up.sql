-- One rate for everybody who uses one key: instants on this server's clock, handed out in small blocks. Whoever wakes too late for an
-- instant loses it, so that nothing is ever made up for in a burst.
create table venue_sync.pace (
    provider varchar(50) not null,
    -- The provider's name of what is called; each has a rate of its own.
    call text not null,
    -- Whose rate it is: drawn from the key and the address, and neither can be read from it.
    account text not null,
    -- The first instant that nobody has yet.
    next_at timestamptz not null,
    -- The provider asked for a pause: no instant before this is handed out.
    held_until timestamptz,
    primary key (provider, call, account)
);
