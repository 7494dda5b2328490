// What a tab was told of its names, so that it is told only what is new to it.

/** @typedef {import('./port.js').Call} Call */
/** @typedef {import('./types.js').Terms} Terms */
/** @typedef {import('./types.js').Plan} Plan */
/** @typedef {import('./verdicts.js').Verdict} Verdict */
/** @typedef {{verdict: Verdict, inForceMs: number, names: string[], pending: string[]}} Alike names of which the same became */

export class Told {
  /** @type {Map<string, string>} What became of each name. */
  #told = new Map();

  /**
   * news returns what became of the names of a plan since the last time.
   * @param {Plan} plan
   * @param {(name: string) => Verdict | undefined} verdictOf
   * @returns {Call[]}
   */
  news(plan, verdictOf) {
    for (const name of this.#told.keys()) if (!plan.has(name)) this.#told.delete(name);
    /** @type {Map<string, Alike>} */
    const news = new Map();
    for (const [name, { key, intervalMs }] of plan) {
      const verdict = verdictOf(name);
      if (!verdict) continue;
      const inForceMs = Math.max(intervalMs, verdict.inForce.intervalMs);
      const outcome = JSON.stringify([inForceMs, verdict.code, verdict.message]);
      if (this.#told.get(name) === key + outcome) continue;
      this.#told.set(name, key + outcome);
      const alike = news.get(outcome) ?? { verdict, inForceMs, names: [], pending: [] };
      news.set(outcome, alike);
      alike.names.push(name);
      if (verdict.pending) alike.pending.push(name);
    }
    return [...news.values()].map((alike) => callOf(alike, plan));
  }
}

/**
 * @param {Alike} alike
 * @param {Plan} plan
 * @returns {Call}
 */
function callOf({ verdict: { code, message, inForce }, inForceMs, names, pending }, plan) {
  if (message) return ['refused', names, code, message];
  return ['granted', {
    plan: new Map(names.map((name) => [name, /** @type {Terms} */ (plan.get(name))])),
    // The worker sends records in full, whatever it is sent itself.
    inForce: { ...inForce, mode: 'full', intervalMs: inForceMs },
    pending: new Set(pending),
    rejected: new Map(code ? names.map((name) => [name, code]) : []),
  }];
}
