// Exact decimals. A number stays the text it came in; only differences and
// percentages are worked out, in whole numbers of any length. Text that is no
// decimal gives the empty text, which is how the page shows "unknown".

const plainForm = /^-?\d+(?:\.\d+)?$/;
const fullForm = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,3}))?$/;

// parse returns a number as coef × 10^-places, or null.
function parse(text) {
  const match = fullForm.exec(text);
  if (!match) return null;
  const [, sign, whole, fraction = '', exponent = '0'] = match;
  let coef = BigInt(sign + whole + fraction);
  let places = fraction.length - Number(exponent);
  if (places < 0) {
    coef *= 10n ** BigInt(-places);
    places = 0;
  }
  return { coef, places };
}

function format({ coef, places }) {
  const sign = coef < 0n ? '-' : '';
  const digits = String(coef < 0n ? -coef : coef).padStart(places + 1, '0');
  const point = digits.length - places;
  return sign + digits.slice(0, point) + (places > 0 ? `.${digits.slice(point)}` : '');
}

// plain returns the text of a decimal without an exponent.
export function plain(text) {
  if (typeof text !== 'string') return '';
  if (plainForm.test(text)) return text;
  const number = parse(text);
  return number ? format(number) : '';
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

// subtract returns a − b, with the places of the finer of the two.
export function subtract(a, b) {
  const x = parse(a);
  const y = parse(b);
  if (!x || !y) return '';
  const finest = Math.max(x.places, y.places);
  return format({ coef: scaled(x, finest) - scaled(y, finest), places: finest });
}

function scaled(number, wanted) {
  return number.coef * 10n ** BigInt(wanted - number.places);
}

// percent returns part ÷ |whole| in percent, rounded half away from zero to two
// places.
export function percent(part, whole) {
  const p = parse(part);
  const w = parse(whole);
  if (!p || !w || w.coef === 0n) return '';
  const top = magnitude(p.coef) * 10n ** BigInt(w.places) * 10000n;
  const bottom = magnitude(w.coef) * 10n ** BigInt(p.places);
  const rounded = (2n * top + bottom) / (2n * bottom);
  return format({ coef: p.coef < 0n ? -rounded : rounded, places: 2 });
}

function magnitude(n) {
  return n < 0n ? -n : n;
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

// compare orders two decimals. Rounding never turns the order of two numbers
// around, so exact arithmetic is needed only where the rounded ones are equal.
export function compare(a, b) {
  const rough = Number(a) - Number(b);
  return rough !== 0 ? rough : sign(subtract(a, b));
}
