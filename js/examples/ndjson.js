// Writes every record of some symbols as a line of JSON, no faster than the
// reader of the output takes them, and with the envelope of the trades between:
//
//   node examples/ndjson.js http://127.0.0.1:8080 SYM0001 | head

import { once } from 'node:events';
import { TickerClient } from '@ticker/client';

const [url, ...symbols] = process.argv.slice(2);
const client = new TickerClient(url, { decimals: 'string' }).connect();
process.stdout.on('error', () => client.disconnect());

for await (const quotes of client.subscribe(symbols, { envelope: true })) {
  const lines = quotes.map((quote) => `${JSON.stringify(quote)}\n`).join('');
  if (!process.stdout.write(lines)) await once(process.stdout, 'drain').catch(() => {});
}
