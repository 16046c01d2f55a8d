// What a page remembers of its viewer. A browser that forbids it forgets.
const kPrefix = 'spacecast.';

export function recall(name) {
  try {
    return localStorage.getItem(kPrefix + name);
  } catch {
    return null;
  }
}

export function remember(name, value) {
  try {
    localStorage.setItem(kPrefix + name, value);
  } catch {
    // Nothing depends on it.
  }
}
