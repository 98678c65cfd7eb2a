-- What a service keeps that lets its things be reserved.

create table item (
    name text primary key,
    there integer not null,
    free integer not null check (free between 0 and there)
);

-- One row for each token that was asked of this service. A cancelled one without an item is a tombstone: its cancel came before its try.
create table reservation (
    token text primary key,
    item text,
    state text not null check (state in ('tried', 'confirmed', 'cancelled', 'expired')),
    until timestamptz
);

-- The service's own clock: `set service.ahead = '1 hour'` lets an hour pass.
create function service_now() returns timestamptz language sql stable as
    $$ select now() + coalesce(nullif(current_setting('service.ahead', true), ''), '0')::interval $$;

-- What is past its time is free again. The service does so by itself: nobody has to come and cancel.
create function drop_expired() returns void language sql as $$
    with expired as (
        update reservation set state = 'expired' where state = 'tried' and until <= service_now() returning item
    )
    update item set free = free + gone.count from (select item, count(*) from expired group by item) as gone where gone.item = item.name
$$;
