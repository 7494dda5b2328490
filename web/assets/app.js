// The dashboard: a watchlist and a chart of one symbol. Records fold into the
// store as they come; the document is patched at most once per animation frame,
// and not at all while the page is hidden.

import { TickerClient } from './sdk/ticker.js';

import { readAddress, writeAddress } from './address.js';
import { clean } from './text.js';
import { Counters } from './counters.js';
import { Finder } from './finder.js';
import { ink, nextTheme, onTheme, themeChoice } from './theme.js';
import { intervals, Watchlist } from './watchlist.js';
import { Keys } from './keys.js';
import { Ledger } from './ledger.js';
import { Light } from './light.js';
import { Listbar } from './listbar.js';
import { Panel } from './panel.js';
import { Store } from './store.js';
import { Subscriptions } from './subscriptions.js';
import { Table } from './table.js';

const passingMs = 5000;

const $ = (id) => document.getElementById(id);

// Digits are kept as they come.
const client = new TickerClient(new URL('.', document.baseURI).href, { decimals: 'string' });
const watchlist = new Watchlist();
const store = new Store((symbol) => client.isFresh(symbol), watchlist);
const counters = new Counters(document, store);
// What rows depend on besides their records; version tells when it changed.
const look = { link: 'connecting', now: null, watchlist, inks: {}, open: '', version: 0 };

const table = new Table($('scroller'), store.records, redraw);
const panel = new Panel($('chart'), {
  client,
  store,
  look,
  on: {
    change: redraw,
    toggle() {
      look.open = panel.symbol;
      follow();
    },
    leave: (symbol) => table.focusOn(symbol),
  },
});
const ledger = new Ledger($('ledger'), $('open-ledger'), client);
const light = new Light(document, {
  onReconnect: () => client.connect(),
  onToken(token) {
    client.setToken(token);
    client.connect();
  },
});
const listbar = new Listbar($('list'), watchlist, { onRemove: remove, onAll: showAll });
const finder = new Finder($('find'), $('offers'), client, {
  filter(prefix) {
    table.filter(prefix);
    redraw();
  },
  add,
  has: (name) => watchlist.has(name),
});

const subscriptions = new Subscriptions(client, watchlist, {
  quotes(quotes, own) {
    if (store.fold(quotes, own)) table.rearrange();
    panel.fold();
    redraw();
  },
  granted(granted) {
    $('granted').textContent = granted === watchlist.interval ? '' : `granted ${clean(granted)}`;
  },
  changed() {
    store.review();
    redraw();
  },
  rejected(symbol, code) {
    store.refuse(symbol, code);
    notice(`${symbol} was rejected: ${code}`);
    refresh();
  },
  refused: (code, message) => notice(`${code}: ${message}`),
});

client.on('state', (state) => {
  light.show(state);
  look.link = state.state;
  store.review();
  refresh();
});
client.on('disconnected', () => notice(''));
client.on('connected', () => {
  notice('');
  store.beginSession();
  panel.beginSession();
  refresh();
});
client.on('clock', (micros) => counters.heartbeat(micros));
client.on('notice', ({ code, message }) => notice(['draining', 'overloaded'].includes(code) ? message : `${code}: ${message}`));
client.on('error', ({ fatal, code, message }) => {
  if (!fatal) notice(`${code}: ${message}`);
  else if (code === 'unauthorized') light.askForToken();
});

let fading = 0;

// notice says something in a line of its own; what only confirms passes by.
function notice(text, passing = false) {
  clearTimeout(fading);
  $('notice').textContent = clean(text);
  if (passing) fading = setTimeout(notice, passingMs, '');
}

let scheduled = false;

// redraw renders in the next animation frame, however often it is called.
function redraw() {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(() => {
    scheduled = false;
    look.now = client.serverTime();
    light.doubt(store.standing);
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
  $('empty').textContent = whyEmpty();
}

function whyEmpty() {
  if (store.standing.listed > 0) return `No symbol in the list begins with ${finder.prefix}`;
  return watchlist.entries.length > 0 ? 'No quotes yet' : 'Your list is empty: find a symbol to add';
}

// follow brings everything in line with the list and the chart that is open.
function follow(keep = false) {
  store.follow(panel.symbol);
  subscriptions.follow(panel.symbol);
  listbar.render();
  writeAddress(watchlist, panel, keep);
  table.rearrange();
  refresh();
}

function add(name) {
  if (!watchlist.add(name)) notice('The list is full.');
  follow();
}

function remove(name) {
  watchlist.remove(name);
  follow();
}

// What the list was can be gone back to.
function showAll() {
  if (watchlist.usual) return;
  watchlist.showAll();
  follow(true);
}

function setOwn(symbol, interval) {
  if (!watchlist.setOwn(symbol, interval)) notice('The list is full.');
  follow();
}

function setListInterval(interval) {
  watchlist.interval = interval;
  subscriptions.setInterval();
  follow();
}

// readPage does what the address says.
function readPage() {
  const place = readAddress();
  if (place.entries) watchlist.replace(place.entries);
  else watchlist.showAll();
  watchlist.interval = place.interval;
  $('interval').value = watchlist.interval;
  panel.follow(place);
  subscriptions.setInterval();
  follow();
}

function paint() {
  look.inks = { '-1': ink('fall'), 0: ink('quiet'), 1: ink('rise'), dim: ink('dim') };
  $('theme').textContent = `Theme: ${themeChoice()}`;
  refresh();
}

// Once a second ages move on, and an order by something that changes is
// restored; more often, rows would not stay still long enough to be read. It is
// also when records that a resumed session vouches for are found.
setInterval(() => {
  store.pace(counters.update());
  store.review();
  light.tick();
  table.rearrange();
  refresh();
}, 1000);

addEventListener('hashchange', readPage);
addEventListener('online', () => {
  if (look.link === 'disconnected') client.connect();
});

$('interval').append(...intervals.map((interval) => new Option(interval)));
$('interval').addEventListener('change', ({ target }) => setListInterval(target.value));
$('theme').addEventListener('click', nextTheme);
onTheme(paint);

// A click of the pointer that ends the marking of a text is none.
$('scroller').addEventListener('click', ({ target, detail }) => {
  const symbol = table.symbolAt(target);
  const marked = detail > 0 && !getSelection().isCollapsed;
  if (!symbol || marked || target.closest('select')) return;
  if (target.closest('.remove')) removeRow(target);
  else panel.toggle(symbol);
});
$('scroller').addEventListener('change', ({ target }) => setOwn(table.symbolAt(target), target.value));

// removeRow takes a row out of the list, and leaves the focus with the next.
function removeRow(target) {
  const symbol = table.symbolAt(target);
  if (!watchlist.has(symbol)) return false;
  table.moveFocus(target, 1);
  remove(symbol);
  notice(`${symbol} was removed.`, true);
  return true;
}

const help = $('help');
$('open-help').addEventListener('click', () => help.showModal());
help.addEventListener('click', ({ target }) => {
  if (target === help || target.closest('#help-close')) help.close();
});

// leave goes back from where the focus is: out of what was opened or typed.
function leave(target) {
  if (target.closest('tbody select')) table.focusOn(table.symbolAt(target));
  else if (target === $('find')) stopFinding();
  else if (ledger.open && !panel.symbol) ledger.close();
  else if (panel.symbol) panel.close();
  else stopFinding();
}

function stopFinding() {
  finder.clear();
  $('scroller').focus();
}

new Keys({
  plain: new Map([
    ['Escape', leave],
    ['ArrowDown', (target) => table.moveFocus(target, 1) || table.scrollRows(1)],
    ['ArrowUp', (target) => table.moveFocus(target, -1) || table.scrollRows(-1)],
    ['ArrowLeft', (target) => table.moveWithin(target, -1)],
    ['ArrowRight', (target) => table.moveWithin(target, 1)],
    ['PageDown', () => table.scrollPages(1)],
    ['PageUp', () => table.scrollPages(-1)],
    ['Home', () => table.scrollToStart()],
    ['End', () => table.scrollToEnd()],
    ['Delete', removeRow],
  ]),
  letters: new Map([
    ['/', () => finder.focus()],
    ['a', showAll],
    ['l', () => ledger.toggle()],
    ['t', nextTheme],
    ['?', () => help.showModal()],
  ]),
}, $('shortcuts'));

paint();
readPage();
client.connect();
