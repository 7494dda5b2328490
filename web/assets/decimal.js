// How decimals are shown. They stay the text they came in; the client works out
// differences and orders exactly. Text that is no decimal gives the empty text,
// which is how the page shows "unknown".

import { compare, subtract as difference } from './sdk/ticker.js';

export { compare };

const plainForm = /^-?\d+(?:\.\d+)?$/;

// plain returns the text of a decimal without an exponent.
export function plain(text) {
  if (typeof text !== 'string') return '';
  if (plainForm.test(text)) return text;
  try {
    return difference(text, '0');
  } catch {
    return '';
  }
}

// places counts the digits behind the point of a plain decimal.
export function places(text) {
  const point = text.indexOf('.');
  return point < 0 ? 0 : text.length - point - 1;
}

// pad adds zeros behind the point up to the given number of places.
export function pad(text, wanted) {
  const missing = wanted - places(text);
  if (text === '' || missing <= 0) return text;
  return text + (text.includes('.') ? '' : '.') + '0'.repeat(missing);
}

// group puts a comma between the thousands of a plain decimal.
export function group(text) {
  const point = text.indexOf('.');
  const whole = point < 0 ? text : text.slice(0, point);
  return whole.replace(/\B(?=(?:\d{3})+$)/g, ',') + text.slice(whole.length);
}

// subtract returns a − b of plain decimals, with the places of the finer.
export function subtract(a, b) {
  if (a === '' || b === '') return '';
  return pad(difference(a, b), Math.max(places(a), places(b)));
}

// percent returns part ÷ |whole| of plain decimals in percent, rounded half away
// from zero to two places.
export function percent(part, whole) {
  if (part === '' || sign(whole) === 0) return '';
  const finest = Math.max(places(part), places(whole));
  const top = 10_000n * magnitude(part, finest);
  const bottom = magnitude(whole, finest);
  const hundredths = (2n * top + bottom) / (2n * bottom);
  const digits = String(hundredths).padStart(3, '0');
  return `${sign(part) < 0 && hundredths > 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

// magnitude returns |text| × 10^places.
function magnitude(text, places) {
  return BigInt(pad(text, places).replace(/[-.]/g, ''));
}

// signed writes a plus sign before a number above zero.
export function signed(text) {
  return sign(text) > 0 ? `+${text}` : text;
}

// sign returns -1, 0 or 1; 0 also for what is no decimal.
export function sign(text) {
  if (!/[1-9]/.test(text)) return 0;
  return text.startsWith('-') ? -1 : 1;
}
