// Text from outside, made fit to show.

const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

// clean bounds a text, and replaces control characters and marks that turn the
// direction of writing.
export function clean(text, limit = 120) {
  return String(text ?? '').slice(0, limit).replace(unprintable, '\uFFFD');
}

// write touches an element only if its text differs.
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
