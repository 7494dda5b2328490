// Counters shows in the footer what arrived: totals, and rates over the time
// since the last update.

import { group } from './decimal.js';

export class Counters {
  #root;
  #store;
  #at = performance.now();
  #taken = 0;
  #frames = 0;

  constructor(root, store) {
    this.#root = root;
    this.#store = store;
  }

  // update returns the seconds since the update before.
  update() {
    const { records, taken, frames, conflated } = this.#store;
    const now = performance.now();
    const seconds = Math.max(0.001, (now - this.#at) / 1000);
    this.#write('symbols', records.size);
    this.#write('record-rate', Math.round((taken - this.#taken) / seconds));
    this.#write('frame-rate', ((frames - this.#frames) / seconds).toFixed(1));
    this.#write('conflated', conflated);
    this.#at = now;
    this.#taken = taken;
    this.#frames = frames;
    return seconds;
  }

  // heartbeat shows a time of the server's clock, in microseconds.
  heartbeat(micros) {
    const clock = new Date(micros / 1000).toISOString().slice(11, 19);
    this.#root.getElementById('heartbeat').textContent = `${clock} UTC`;
  }

  #write(id, count) {
    this.#root.getElementById(id).textContent = group(String(count));
  }
}
