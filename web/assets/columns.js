// The columns of the watchlist. Each has
//
//   key      its name in class names
//   label    its heading
//   ch       its least width, in characters
//   text     (record, look) → what a cell shows
//   rank     record → what it is sorted by, '' for unknown
//   compare  (rank, rank) → order
//   numeric  aligned right
//   flash    a cell shows for a moment which way its number went
//   signed   a cell is coloured by its sign
//   kind     what its cells hold, if not text alone: see cells.js
//   hint     what the heading says when the pointer rests on it
//
// look is what a row depends on besides its record: the state of the connection
// as link, the server's clock in microseconds or null as now, the watchlist, the
// colours of a canvas as inks, and as open the symbol whose chart is open. Its
// version tells when any of it changed.

import * as decimal from './decimal.js';
import { clean } from './text.js';
import { intervals } from './watchlist.js';

function byText(a, b) {
  return a < b ? -1 : Number(a > b);
}

function number(key, label, ch, more) {
  return {
    key,
    label,
    ch,
    numeric: true,
    text: (record) => decimal.group(record.value(key)),
    rank: (record) => record.value(key),
    compare: decimal.compare,
    ...more,
  };
}

function price(key, label) {
  return number(key, label, 7, {
    flash: true,
    text: (record) => decimal.pad(record.value(key), record.places),
  });
}

function derived(key, label, ch, text) {
  return number(key, label, ch, { text, rank: (record) => record[key] });
}

export const columns = [
  {
    key: 'symbol',
    label: 'Symbol',
    ch: 8,
    kind: 'opener',
    text: (record) => record.name,
    rank: (record) => record.symbol,
    compare: byText,
  },
  {
    key: 'trend',
    label: 'Trend',
    ch: 8,
    kind: 'trend',
    hint: 'The last 60 values, at most one a second. Sorts by the change in percent',
    text: () => '',
    rank: (record) => record.percent,
    compare: decimal.compare,
  },
  number('bidSize', 'Bid size', 8),
  price('bid', 'Bid'),
  price('ask', 'Ask'),
  number('askSize', 'Ask size', 8),
  derived('spread', 'Spread', 6, (record) => decimal.pad(record.spread, record.places)),
  price('last', 'Last'),
  {
    ...derived('change', 'Change', 7, (record) => decimal.signed(decimal.pad(record.change, record.places))),
    hint: 'Since the session’s open, or else since the first price on this page',
    signed: true,
  },
  {
    ...derived('percent', 'Chg %', 6, (record) => decimal.signed(record.percent)),
    hint: 'Since the session’s open, or else since the first price on this page',
    signed: true,
  },
  number('volume', 'Volume', 10),
  {
    key: 'rate',
    label: 'Rec/s',
    ch: 5,
    numeric: true,
    hint: 'Records that came in the last second',
    text: (record) => record.rate.toFixed(1),
    rank: (record) => record.rate,
    compare: (a, b) => a - b,
  },
  {
    key: 'own',
    label: 'Interval',
    ch: 8,
    kind: 'interval',
    hint: 'The shortest time between two records of the row',
    text: (record) => record.own,
    rank: (record) => record.own,
    compare: (a, b) => intervals.indexOf(a) - intervals.indexOf(b),
  },
  {
    key: 'age',
    label: 'Age',
    ch: 4,
    numeric: true,
    text: (record, look) => (record.recv && look.now !== null ? ageText(look.now - record.recv) : ''),
    rank: (record) => record.recv || '',
    compare: (a, b) => b - a,
  },
  {
    key: 'status',
    label: 'Status',
    ch: 7,
    kind: 'badge',
    text: (record, look) => statusOf(record, look).text,
    rank: (record) => record.quote.status ?? 'live',
    compare: byText,
  },
  { key: 'remove', label: '', ch: 1, kind: 'remove', text: () => '' },
];

function ageText(micros) {
  const seconds = Math.max(0, Math.floor(micros / 1e6));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}

// What a row says while the connection is not live.
const linkTexts = {
  connecting: 'waiting',
  late: 'late',
  disconnected: 'offline',
  closed: 'offline',
};

// statusOf says how far a row can be believed: {kind, text}. The kinds are
// live, stale, halted and offline; offline means that this page does not know. A
// record that is pending has never come, one that is waiting not since the
// connection was lost.
export function statusOf(record, { link }) {
  if (record?.refused) return { kind: 'offline', text: record.refused };
  if (link !== 'connected') return { kind: 'offline', text: linkTexts[link] };
  if (!record?.fresh) return { kind: 'offline', text: record?.version > 0 ? 'waiting' : 'pending' };
  const { status = 'live', reason } = record.quote;
  if (status === 'live') return { kind: 'live', text: 'live' };
  const text = reason ? `${clean(status, 16)} (${clean(reason, 24)})` : clean(status, 16);
  return { kind: status === 'halted' ? 'halted' : 'stale', text };
}

// sorted returns records in the order of a column. Unknown values come last
// either way, and equal ones stand in the order of their symbols.
export function sorted(records, column, descending) {
  const turn = descending ? -1 : 1;
  const ranked = Array.from(records, (record) => ({ record, rank: column.rank(record) }));
  ranked.sort((a, b) => {
    const order =
      a.rank === '' || b.rank === ''
        ? Number(a.rank === '') - Number(b.rank === '')
        : turn * column.compare(a.rank, b.rank);
    return order || byText(a.record.symbol, b.record.symbol);
  });
  return ranked.map(({ record }) => record);
}
