// How the shared worker is started.

const address = new URL('./worker.js', import.meta.url).href;
// Tabs with another version of what port.js describes have a worker of their own.
const name = 'ticker-sdk 1';

/** @typedef {{createPolicy: (name: string, rules: {createScriptURL: (url: string) => string}) => {createScriptURL: (url: string) => string}}} TrustedTypes */

/** @type {string | null} */
let trusted = null;

/**
 * startWorker returns the port of the worker. It throws where there are no shared
 * workers, or none from this address.
 * @returns {MessagePort}
 */
export function startWorker() {
  trusted ??= trust();
  return new SharedWorker(trusted, { type: 'module', name }).port;
}

// A page may demand Trusted Types; then only the addresses that a policy lets
// through start a worker. This policy lets one through.
function trust() {
  const types = /** @type {{trustedTypes?: TrustedTypes}} */ (globalThis).trustedTypes;
  if (!types) return address;
  const createScriptURL = (/** @type {string} */ url) => {
    if (url !== address) throw new TypeError('not the worker of this package');
    return url;
  };
  return types.createPolicy('ticker-sdk', { createScriptURL }).createScriptURL(address);
}
