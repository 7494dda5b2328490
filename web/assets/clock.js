// ServerClock estimates what the server's clock shows now, so that the age of a
// record does not depend on whether the clock of this machine is right.

export class ServerClock {
  // How far the local clock is ahead, in milliseconds; transit included.
  #ahead = Infinity;
  #told = false;

  // reset forgets the estimate: a new session may be with another server.
  reset() {
    this.#ahead = Infinity;
    this.#told = false;
  }

  // set takes the server's clock from a message sent just now, in microseconds.
  set(micros) {
    this.#ahead = Date.now() - micros / 1000;
    this.#told = true;
  }

  // observe takes a time that has passed on the server. The least distance seen
  // is the nearest to the truth: everything else adds delay.
  observe(micros) {
    this.#ahead = Math.min(this.#ahead, Date.now() - micros / 1000);
  }

  // nowMicros tells what the server's clock shows, in microseconds; 0 until the
  // server has told it, for a record may have been waiting for days.
  get nowMicros() {
    return this.#told ? (Date.now() - this.#ahead) * 1000 : 0;
  }

  // ageMs tells how long ago a time of the server was, never below 0.
  ageMs(micros) {
    if (this.#ahead === Infinity) return 0;
    return Math.max(0, Date.now() - this.#ahead - micros / 1000);
  }
}
