// What the page shows, as the end of its address, which can be handed on:
//
//   #watch=AAPL,BTC-*,MSFT@1s&interval=250ms&chart=AAPL&step=1m
//
// watch lists names and patterns, with @ those that have an interval of their
// own. What is as usual is left out.

import { steps } from './candles.js';
import { usualInterval } from './watchlist.js';

const symbolForm = /^[A-Z0-9._:/-]{1,32}$/;

// readAddress returns {entries, interval, chart, step}: entries null for none
// named, chart '' for none, step null for none.
export function readAddress() {
  const fields = new URLSearchParams(location.hash.slice(1));
  const chart = fields.get('chart') ?? '';
  return {
    entries: fields.has('watch') ? readEntries(fields.get('watch')) : null,
    interval: fields.get('interval') ?? usualInterval,
    chart: symbolForm.test(chart) ? chart : '',
    step: steps.find(({ name }) => name === fields.get('step')) ?? null,
  };
}

function readEntries(text) {
  return text.split(',').filter(Boolean).map((entry) => {
    const [name, own = ''] = entry.split('@');
    return [name, own];
  });
}

// writeAddress replaces what the address says: a change of the list or a chart
// is no page of its own, and the way back leads out of the dashboard. With keep,
// what the address said before can be gone back to.
export function writeAddress(watchlist, { symbol, step }, keep = false) {
  const fields = [];
  if (!watchlist.usual) fields.push(['watch', watchlist.entries.map(writeEntry).join()]);
  if (watchlist.interval !== usualInterval) fields.push(['interval', watchlist.interval]);
  if (symbol) fields.push(['chart', symbol], ['step', step.name]);
  const hash = fields.map(([name, value]) => `${name}=${readable(value)}`).join('&');
  const address = hash ? `#${hash}` : location.pathname + location.search;
  if (keep) history.pushState(null, '', address);
  else history.replaceState(null, '', address);
}

function writeEntry([name, own]) {
  return own ? `${name}@${own}` : name;
}

// readable escapes what an address cannot hold, and not what it can.
function readable(text) {
  return encodeURIComponent(text).replace(/%(?:2C|2F|3A|40)/g, decodeURIComponent);
}
