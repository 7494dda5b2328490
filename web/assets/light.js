// Light shows the state of the connection, in words and by a colour that follows
// data-link and data-feed of the document. It is green only while the server
// speaks and every record of the list is live: a frozen price never stands under
// a green light.

import { clean, write } from './text.js';
import { group } from './decimal.js';

const words = {
  connecting: 'Connecting',
  connected: 'Live',
  late: 'No heartbeat',
  disconnected: 'Disconnected',
  closed: 'Refused',
};

const ways = { websocket: 'WebSocket', sse: 'SSE', poll: 'long polling' };

export class Light {
  #state;
  #doubt;
  #retry;
  #button;
  #token;
  #retryAt = null;

  // onReconnect and onToken are called for what the user asks for.
  constructor(root, { onReconnect, onToken }) {
    this.#state = root.getElementById('state');
    this.#doubt = root.getElementById('doubt');
    this.#retry = root.getElementById('retry');
    this.#button = root.getElementById('reconnect');
    this.#token = root.getElementById('token-form');
    this.#button.addEventListener('click', onReconnect);
    this.#token.addEventListener('submit', (event) => {
      event.preventDefault();
      onToken(this.#token.elements.token.value);
    });
  }

  // show shows a state of the client, as its event tells it.
  show({ state, transport, reason, retryAt }) {
    document.documentElement.dataset.link = state;
    document.title = `${words[state]} · ticker`;
    write(this.#state, wordsOf(state, transport, clean(reason)));
    this.#button.hidden = state !== 'disconnected' && state !== 'closed';
    this.#token.hidden = true;
    this.#retryAt = retryAt;
    this.tick();
  }

  askForToken() {
    this.#token.hidden = false;
  }

  // doubt tells how many of the symbols in the list are not live.
  doubt({ doubted, listed }) {
    const { dataset } = document.documentElement;
    const feed = doubted > 0 ? 'doubted' : 'live';
    if (dataset.feed !== feed) dataset.feed = feed;
    write(this.#doubt, doubted > 0 ? `${group(String(doubted))} of ${group(String(listed))} not live` : '');
  }

  // tick counts down to the next attempt. It stands outside of the live region,
  // or a screen reader would read every second of it.
  tick() {
    const seconds = Math.max(0, Math.ceil((this.#retryAt - Date.now()) / 1000));
    write(this.#retry, this.#retryAt ? `retry in ${seconds} s` : '');
  }
}

function wordsOf(state, transport, reason) {
  if (state === 'connected') return `${words[state]} over ${ways[transport] ?? clean(transport, 16)}`;
  return reason ? `${words[state]}: ${reason}` : words[state];
}
