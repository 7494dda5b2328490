// The dashboard: a watchlist of every symbol, and a chart of one. Messages fold into the store as
// they come; the document is patched at most once per animation frame, and not
// at all while the page is hidden.

import { Connection } from './connection.js';
import { Counters } from './counters.js';
import { Light } from './light.js';
import { Panel } from './panel.js';
import { ServerClock } from './clock.js';
import { Store } from './store.js';
import { Table } from './table.js';

const $ = (id) => document.getElementById(id);

const filter = $('filter');
const interval = $('interval');
const store = new Store();
const counters = new Counters(document, store);
// What rows depend on besides their records; version tells when it changed.
const look = { link: 'connecting', session: 0, clock: new ServerClock(), version: 0, open: '' };

const table = new Table($('scroller'), store.records, redraw);
const panel = new Panel($('chart'), {
  store,
  look,
  token: () => connection.token,
  on: {
    change: redraw,
    toggle() {
      look.open = panel.symbol;
      refresh();
    },
    leave: (symbol) => table.focusOn(symbol),
  },
});
const light = new Light(document, {
  onReconnect: () => connection.connect(),
  onToken: (token) => connection.authenticate(token),
});

const connection = new Connection(socketAddress(), interval.value, {
  state(state) {
    light.show(state);
    $('notice').textContent = '';
    look.link = state.name;
    refresh();
  },
  session() {
    store.beginSession();
    look.session = store.session;
    look.clock.reset();
    panel.beginSession();
    refresh();
  },
  quotes(list) {
    if (store.fold(list)) table.rearrange();
    for (const quote of list) if (quote.recv) look.clock.observe(Number(quote.recv));
    panel.fold();
    redraw();
  },
  clock(micros) {
    look.clock.set(micros);
    counters.heartbeat(micros);
  },
  granted(granted) {
    $('granted').textContent = granted === interval.value ? '' : `granted ${granted}`;
  },
  notice(text) {
    $('notice').textContent = text;
  },
});

function socketAddress() {
  const url = new URL('v1/ws', document.baseURI);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return url.href;
}

let scheduled = false;

// redraw renders in the next animation frame, however often it is called.
function redraw() {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(() => {
    scheduled = false;
    table.render(look);
    panel.render();
    showEmpty();
  });
}

// refresh redraws every row: something changed that all of them depend on.
function refresh() {
  look.version++;
  redraw();
}

function showEmpty() {
  $('empty').hidden = table.shown > 0;
  if (table.shown > 0) return;
  $('empty').textContent = store.records.size > 0 ? `No symbol begins with ${prefix()}` : 'No quotes yet';
}

function prefix() {
  return filter.value.trim().toUpperCase();
}

// Once a second ages move on, and an order by something that changes is
// restored; more often, rows would not stay still long enough to be read.
setInterval(() => {
  counters.update();
  light.tick();
  table.rearrange();
  refresh();
}, 1000);

filter.addEventListener('input', () => {
  table.filter(prefix());
  redraw();
});
interval.addEventListener('change', () => connection.setInterval(interval.value));
document.addEventListener('visibilitychange', () => connection.check());
addEventListener('online', () => {
  if (look.link === 'disconnected') connection.connect();
});

// A click of the pointer that ends the marking of a text is none.
$('scroller').addEventListener('click', ({ target, detail }) => {
  const marked = detail > 0 && !getSelection().isCollapsed;
  const symbol = table.symbolAt(target);
  if (symbol && !marked) panel.toggle(symbol);
});

const scrollKeys = new Map([
  ['ArrowDown', (target) => table.moveFocus(target, 1) || table.scrollRows(1)],
  ['ArrowUp', (target) => table.moveFocus(target, -1) || table.scrollRows(-1)],
  ['PageDown', () => table.scrollPages(1)],
  ['PageUp', () => table.scrollPages(-1)],
  ['Home', () => table.scrollToStart()],
  ['End', () => table.scrollToEnd()],
]);

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const { key, target } = event;
  const typing = target instanceof HTMLInputElement;
  if (key === 'Escape') leave(target);
  else if (key === '/' && !typing) filter.focus();
  else if (scrollKeys.has(key) && !keepsKey(target, key)) scrollKeys.get(key)(target);
  else return;
  event.preventDefault();
});

// keepsKey tells whether an element has its own use for a scrolling key.
function keepsKey(target, key) {
  return target instanceof HTMLSelectElement
    || (target instanceof HTMLInputElement && (key === 'Home' || key === 'End'));
}

// leave closes the chart, unless the filter is what is being left.
function leave(target) {
  if (panel.symbol && target !== filter) panel.close();
  else clearFilter();
}

function clearFilter() {
  filter.value = '';
  table.filter('');
  $('scroller').focus();
  redraw();
}

panel.follow();
connection.connect();
