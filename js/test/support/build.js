// Builds the program once for all tests that speak to it, unless TICKER_PROGRAM
// names one that is there.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** @param {{provide: (key: any, value: any) => void}} project */
export default function setup({ provide }) {
  const ready = process.env['TICKER_PROGRAM'];
  if (ready) return provide('program', ready);
  const directory = mkdtempSync(join(tmpdir(), 'ticker-js-'));
  const program = join(directory, 'ticker');
  execFileSync('go', ['build', '-o', program, './cmd/ticker'], { cwd: root, stdio: 'inherit' });
  provide('program', program);
  return () => rmSync(directory, { recursive: true, force: true });
}
