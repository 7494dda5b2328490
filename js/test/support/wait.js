// Waiting for conditions, with one generous deadline.

const deadlineMs = 20_000;

/**
 * until waits until a condition holds, and returns what it gave.
 * @template Value
 * @param {() => Value | Promise<Value>} condition
 * @param {string} [what]
 * @returns {Promise<Exclude<Value, false | null | undefined | 0 | ''>>}
 */
export async function until(condition, what = String(condition)) {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const value = await condition();
    if (value) return /** @type {any} */ (value);
    if (Date.now() > end) throw new Error(`in vain waited until ${what}`);
    await new Promise((resume) => setTimeout(resume, 5));
  }
}

/** settle lets everything run that waits for nothing but its turn. */
export async function settle() {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}
