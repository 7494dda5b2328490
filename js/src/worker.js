// The shared worker that holds the connections of all tabs of an origin.

import { Hub } from './port-hub.js';

// A page that is loaded anew is gone for a moment.
const hub = new Hub(1000);

addEventListener('connect', (event) => {
  const [port] = /** @type {MessageEvent} */ (event).ports;
  if (port) hub.attach(port);
});
