// Trace keeps the last values of one symbol, for its sparkline: at most one a
// second, and the newest always as the last. Its numbers are only ever drawn.

const mostPoints = 60;
const leastMs = 1000;

export class Trace {
  #points = new Float64Array(mostPoints);
  #length = 0;
  #next = 0; // where the next point goes
  #begun = -Infinity; // when the newest point was begun
  // version tells when there is something new to draw.
  version = 0;

  // take adds a value seen at a time in milliseconds. What came before a gap is
  // not joined to what comes after it.
  take(value, at, gap) {
    if (!Number.isFinite(value)) return;
    if (gap && this.#length > 0) this.#push(NaN);
    if (gap || at - this.#begun >= leastMs) {
      this.#push(value);
      this.#begun = at;
    } else if (!this.#replace(value)) {
      return;
    }
    this.version++;
  }

  // points returns the values, oldest first; NaN stands for a gap.
  points() {
    const start = this.#next - this.#length + mostPoints;
    return Array.from({ length: this.#length }, (_, i) => this.#points[(start + i) % mostPoints]);
  }

  #push(value) {
    this.#points[this.#next] = value;
    this.#next = (this.#next + 1) % mostPoints;
    this.#length = Math.min(mostPoints, this.#length + 1);
  }

  #replace(value) {
    const newest = (this.#next - 1 + mostPoints) % mostPoints;
    const differs = this.#points[newest] !== value;
    this.#points[newest] = value;
    return differs;
  }
}
