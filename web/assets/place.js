// The open chart, as the end of the page's address: #chart=BTC-USD&step=1m.

import { steps } from './candles.js';

const symbolForm = /^[A-Z0-9._:/-]{1,32}$/;

// readPlace returns what the address asks for: {symbol, step}, the step null if
// it names none, or null for no chart.
export function readPlace() {
  const fields = new URLSearchParams(location.hash.slice(1));
  const symbol = fields.get('chart') ?? '';
  if (!symbolForm.test(symbol)) return null;
  return { symbol, step: steps.find(({ name }) => name === fields.get('step')) ?? null };
}

export function writePlace(symbol, step) {
  replace(`#${new URLSearchParams({ chart: symbol, step: step.name })}`);
}

export function clearPlace() {
  replace(location.pathname + location.search);
}

// A chart is no page of its own: the way back leads out of the watchlist.
function replace(address) {
  history.replaceState(null, '', address);
}
