// Light shows the state of the connection, in words and by a colour that follows
// data-link of the document.

const words = {
  connecting: 'Connecting',
  live: 'Live',
  stale: 'No heartbeat',
  disconnected: 'Disconnected',
  refused: 'Refused',
};

export class Light {
  #state;
  #retry;
  #button;
  #token;
  #retryAt = 0;

  // onReconnect and onToken are called for what the user asks for.
  constructor(root, { onReconnect, onToken }) {
    this.#state = root.getElementById('state');
    this.#retry = root.getElementById('retry');
    this.#button = root.getElementById('reconnect');
    this.#token = root.getElementById('token-form');
    this.#button.addEventListener('click', onReconnect);
    this.#token.addEventListener('submit', (event) => {
      event.preventDefault();
      onToken(this.#token.elements.token.value);
    });
  }

  show({ name, why = '', retryAt = 0, wantsToken = false }) {
    document.documentElement.dataset.link = name;
    document.title = `${words[name]} · ticker`;
    this.#state.textContent = why ? `${words[name]}: ${why}` : words[name];
    this.#button.hidden = name !== 'disconnected' && name !== 'refused';
    this.#token.hidden = !wantsToken;
    this.#retryAt = retryAt;
    this.tick();
  }

  // tick counts down to the next attempt. It stands outside of the live region,
  // or a screen reader would read every second of it.
  tick() {
    const seconds = Math.max(0, Math.ceil((this.#retryAt - Date.now()) / 1000));
    this.#retry.textContent = this.#retryAt ? `retry in ${seconds} s` : '';
  }
}
