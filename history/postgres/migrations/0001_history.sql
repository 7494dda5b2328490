-- Samples, one row for each record of a symbol that was sampled. The columns of
-- fixed width come first, because a row is padded before each of them otherwise.
-- A null is a value that was never known; status and reason are null when live.
-- The bar is the trades since the sample before: null when there were none.
create table ticker.quotes (
    recv       timestamptz not null,
    seq        bigint      not null,
    ts         timestamptz,
    bar_trades bigint,
    symbol     text collate "C" not null,
    epoch      text collate "C" not null,
    source     text not null,
    status     text,
    reason     text,
    bid        numeric,
    bid_size   numeric,
    ask        numeric,
    ask_size   numeric,
    last       numeric,
    last_size  numeric,
    open       numeric,
    high       numeric,
    low        numeric,
    volume     numeric,
    bar_open   numeric,
    bar_high   numeric,
    bar_low    numeric,
    bar_close  numeric,
    bar_volume numeric
) partition by range (recv);

-- Answers every question by symbol, and makes a sample that comes twice one.
create unique index quotes_position on ticker.quotes (symbol, recv, seq, epoch);

-- TimescaleDB cuts a table that it is given into chunks itself.
do $$
declare
    extension text := (select extnamespace::regnamespace from pg_extension where extname = 'timescaledb');
begin
    if extension is not null then
        alter table ticker.quotes rename to shape;
        create table ticker.quotes (like ticker.shape including all);
        drop table ticker.shape;
        execute format(
            'select %s.create_hypertable(''ticker.quotes'', ''recv'', '
            'chunk_time_interval => interval ''1 day'', create_default_indexes => false)', extension);
    end if;
end $$;

-- Every symbol that a sample was ever kept of.
create table ticker.symbols (
    symbol text collate "C" primary key
);

-- The UTC days that there is room for. A day is written once it has samples;
-- the time is that of the writer's clock, and may lag by a minute.
create table ticker.days (
    day     date primary key,
    written timestamptz
);

-- The newest record of each symbol before a written day: as-of looks no further
-- back than one day for it.
create table ticker.carried (
    day       date not null,
    recv      timestamptz not null,
    seq       bigint      not null,
    ts        timestamptz,
    symbol    text collate "C" not null,
    epoch     text collate "C" not null,
    source    text not null,
    status    text,
    reason    text,
    bid       numeric,
    bid_size  numeric,
    ask       numeric,
    ask_size  numeric,
    last      numeric,
    last_size numeric,
    open      numeric,
    high      numeric,
    low       numeric,
    volume    numeric,
    primary key (day, symbol)
);

-- The trades of each minute, with the positions of its first and its last sample
-- that has any: parts may come in any order.
create table ticker.candles (
    minute      timestamptz not null,
    trades      bigint      not null,
    first_recv  timestamptz not null,
    first_seq   bigint      not null,
    last_recv   timestamptz not null,
    last_seq    bigint      not null,
    symbol      text collate "C" not null,
    first_epoch text collate "C" not null,
    last_epoch  text collate "C" not null,
    open        numeric not null,
    high        numeric not null,
    low         numeric not null,
    close       numeric not null,
    volume      numeric not null,
    primary key (symbol, minute)
) partition by range (minute);
