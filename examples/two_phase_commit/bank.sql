-- What a bank keeps.

create table account (
    owner text primary key,
    cents bigint not null
);

-- One row for each transfer that was asked of this bank, written in the transaction that moves the money: it is there if and only if that
-- was committed. A void one says that the transfer was rolled back: who comes late with it finds its key taken.
create table booking (
    transfer text primary key,
    owner text,
    cents bigint,
    is_void boolean not null
);
