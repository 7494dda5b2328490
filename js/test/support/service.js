// Service is a real `ticker serve` on ports of its own choice.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { inject } from 'vitest';

export class Service {
  #data = mkdtempSync(join(tmpdir(), 'ticker-js-data-'));
  #feeds;
  #environment;
  /** @type {import('node:child_process').ChildProcess | null} */
  #process = null;
  #port = 0;

  /**
   * @param {readonly string[]} feeds
   * @param {Record<string, string>} [environment]
   */
  constructor(feeds, environment = {}) {
    this.#feeds = feeds;
    this.#environment = environment;
  }

  get url() {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** start runs it, on the port that it had before if there was one. */
  async start() {
    const feeds = this.#feeds.flatMap((feed) => ['--feed', feed]);
    const args = ['serve', '--listen', `127.0.0.1:${this.#port}`, '--admin', '127.0.0.1:0', '--data', this.#data, ...feeds];
    const program = inject(/** @type {never} */ ('program'));
    this.#process = spawn(program, args, {
      stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...this.#environment },
    });
    const lines = createInterface({ input: /** @type {import('node:stream').Readable} */ (this.#process.stderr) });
    for await (const line of lines) {
      const { msg, dashboard } = JSON.parse(line);
      if (msg === 'serving') {
        this.#port = Number(new URL(dashboard).port);
        this.#process.stderr?.resume();
        return this;
      }
    }
    throw new Error('the service did not start');
  }

  async stop() {
    const process = this.#process;
    this.#process = null;
    if (!process || process.exitCode !== null) return;
    const exit = once(process, 'exit');
    process.kill('SIGKILL');
    await exit;
  }

  async close() {
    await this.stop();
    rmSync(this.#data, { recursive: true, force: true });
  }
}
