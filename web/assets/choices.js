// What the browser remembers of the user's choices. It may refuse to; then a
// choice lasts as long as the page.

export function recall(key) {
  try {
    return localStorage.getItem(`ticker.${key}`);
  } catch {
    return null;
  }
}

export function remember(key, choice) {
  try {
    localStorage.setItem(`ticker.${key}`, choice);
  } catch {
    // nothing is lost but the memory
  }
}
