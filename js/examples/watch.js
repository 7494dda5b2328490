// Shows what symbols trade at, one line for each change:
//
//   node examples/watch.js http://127.0.0.1:8080 SYM0001 'SYM001*'

import { TickerClient } from '@ticker/client';

const [url, ...symbols] = process.argv.slice(2);
const client = new TickerClient(url, { decimals: 'string' });
client.on('state', ({ state, reason = '' }) => console.error(state, reason));
client.on('error', ({ code, message }) => console.error(code, message));
client.connect();

const quotes = client.subscribe(symbols, { interval: '250ms', fields: ['last'] });
quotes.on('rejected', (rejected) => console.error('not taken:', rejected));
quotes.on('quote', ({ symbol, last = '-' }, previous) => console.log(symbol, previous?.last ?? '-', '->', last));
quotes.on('stale', ({ symbol, reason }) => console.log(symbol, 'is stale:', reason));

process.once('SIGINT', () => client.disconnect());
