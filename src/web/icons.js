// The icons are one file, fetched once and put into the document: a page that has lost its server can
// still change a button's picture.
export async function load_icons() {
  const answer = await fetch('/assets/icons.svg').catch(() => null);
  if (!answer?.ok) return;
  const svg = new DOMParser().parseFromString(await answer.text(), 'image/svg+xml').documentElement;
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('class', 'visually-hidden');
  document.body.prepend(document.importNode(svg, true));
}

export function set_icon(button, icon, label) {
  button.querySelector('use').setAttribute('href', `#icon-${icon}`);
  button.setAttribute('aria-label', label);
}

export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const use = document.createElementNS('http://www.w3.org/2000/svg', 'use');
  use.setAttribute('href', `#icon-${name}`);
  svg.setAttribute('aria-hidden', 'true');
  svg.append(use);
  return svg;
}
