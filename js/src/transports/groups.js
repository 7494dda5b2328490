// Groups divide a plan over requests, each of which has one interval, one set of
// fields and one address. A browser has few connections for one server, so there
// are few of them: terms that would be too many are put together, at the shortest
// interval and with all that any of them wants.

import { isName } from '../protocol.js';
import { union } from '../terms.js';

/** @typedef {import('../types.js').Terms} Terms */
/** @typedef {import('../types.js').Plan} Plan */

/**
 * Names that are asked for with one request. The key is equal for equal groups.
 * @typedef {{terms: Terms, names: string[], key: string}} Group
 */

/**
 * @typedef {object} Division
 * @property {Group[]} groups
 * @property {string[]} bad names that the service would not take
 * @property {string[]} surplus names that no request has room for
 */

/**
 * What requests may be like.
 * @typedef {object} Frame
 * @property {(terms: Terms) => Terms} shape the terms that a request can have
 * @property {number} most how many requests there may be
 * @property {number} room how many characters names may take in one
 */

/**
 * divide puts the names of a plan into groups.
 * @param {Plan} plan
 * @param {Frame} frame
 * @returns {Division}
 */
export function divide(plan, { shape, most, room }) {
  const bad = [...plan.keys()].filter((name) => !isName(name));
  const groups = gathered([...plan].filter(([name]) => isName(name)), shape);
  let parts = few(groups, most).flatMap((group) => split(group, room));
  if (parts.length > most) parts = few(groups, 1).flatMap((group) => split(group, room));
  return {
    groups: parts.slice(0, most).map(({ terms, names }) => ({ terms, names, key: `${terms.key} ${names.join(',')}` })),
    bad,
    surplus: parts.slice(most).flatMap(({ names }) => names),
  };
}

/** @typedef {{terms: Terms, names: string[]}} Part */

/**
 * gathered puts names with equal terms together.
 * @param {[string, Terms][]} entries
 * @param {(terms: Terms) => Terms} shape
 */
function gathered(entries, shape) {
  /** @type {Map<string, Part>} */
  const groups = new Map();
  for (const [name, wanted] of entries) {
    const terms = shape(wanted);
    const group = groups.get(terms.key);
    if (group) group.names.push(name);
    else groups.set(terms.key, { terms, names: [name] });
  }
  return [...groups.values()];
}

/**
 * few merges groups until there are no more than that many; the largest stay
 * what they are.
 * @param {Part[]} groups
 * @param {number} most
 */
function few(groups, most) {
  if (groups.length <= most) return groups;
  const sorted = [...groups].sort((a, b) => b.names.length - a.names.length);
  const rest = sorted.splice(most - 1);
  return [...sorted, { terms: union(rest.map(({ terms }) => terms)), names: rest.flatMap(({ names }) => names) }];
}

/**
 * split divides a group where its names take too much room.
 * @param {Part} group
 * @param {number} room
 * @returns {Part[]}
 */
function split({ terms, names }, room) {
  /** @type {Part[]} */
  const parts = [];
  let left = 0;
  for (const name of names) {
    const size = encodeURIComponent(`${name},`).length;
    left -= size;
    if (left < 0 || parts.length === 0) {
      parts.push({ terms, names: [] });
      left = room - size;
    }
    parts.at(-1)?.names.push(name);
  }
  return parts;
}
