// Exact decimals. A number stays the text it came in, and is worked on in whole
// numbers of any length.

// An exponent of more digits would be a number of more digits than any feed
// has, and cost memory to write out.
const form = /^(-?)(\d{1,400})(?:\.(\d{1,400}))?(?:[eE]([+-]?\d{1,3}))?$/;

/**
 * isDecimal reports whether a value is a decimal as text.
 * @param {unknown} value
 * @returns {value is string}
 */
export function isDecimal(value) {
  return typeof value === 'string' && form.test(value);
}

/**
 * parse returns a number as coef × 10^-places.
 * @param {string | number} text
 */
function parse(text) {
  const match = form.exec(String(text));
  if (!match) throw new RangeError(`not a decimal: ${String(text).slice(0, 40)}`);
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const coef = BigInt(sign + whole + fraction);
  const places = fraction.length - Number(exponent);
  return places < 0 ? { coef: coef * 10n ** BigInt(-places), places: 0 } : { coef, places };
}

/** @param {{coef: bigint, places: number}} number */
function format({ coef, places }) {
  const sign = coef < 0n ? '-' : '';
  const digits = String(coef < 0n ? -coef : coef).padStart(places + 1, '0');
  const point = digits.length - places;
  const fraction = digits.slice(point).replace(/0+$/, '');
  return sign + digits.slice(0, point) + (fraction && `.${fraction}`);
}

/**
 * aligned returns the coefficients of two numbers at the finer number of places.
 * @param {string | number} a
 * @param {string | number} b
 */
function aligned(a, b) {
  const x = parse(a);
  const y = parse(b);
  const places = Math.max(x.places, y.places);
  return {
    x: x.coef * 10n ** BigInt(places - x.places),
    y: y.coef * 10n ** BigInt(places - y.places),
    places,
  };
}

/**
 * add returns the exact sum of two decimals, without zeros that mean nothing.
 * @param {string | number} a
 * @param {string | number} b
 */
export function add(a, b) {
  const { x, y, places } = aligned(a, b);
  return format({ coef: x + y, places });
}

/**
 * subtract returns the exact difference a − b.
 * @param {string | number} a
 * @param {string | number} b
 */
export function subtract(a, b) {
  const { x, y, places } = aligned(a, b);
  return format({ coef: x - y, places });
}

/**
 * compare returns -1, 0 or 1 as a is below, equal to or above b. Rounding never
 * turns the order of two numbers around, so that exact arithmetic is needed
 * only where the rounded ones are equal.
 * @param {string | number} a
 * @param {string | number} b
 */
export function compare(a, b) {
  const rough = Math.sign(Number(a) - Number(b));
  if (rough) return rough;
  const { x, y } = aligned(a, b);
  return x < y ? -1 : x > y ? 1 : 0;
}
