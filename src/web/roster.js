// Who is on stage: the roster as the server sends it, and how it is shown. The upper half is pure.
import { Backoff } from './backoff.js';

// One or two letters for a person without a picture.
export function initials(name) {
  const words = name.trim().split(/\s+/u).filter(Boolean);
  if (words.length === 0) return '?';
  const picked = words.length === 1 ? [words[0]] : [words[0], words[words.length - 1]];
  return picked.map((word) => [...word][0].toLocaleUpperCase()).join('');
}

// A colour of the wheel for a name: always the same one for the same name.
export function hueOf(name) {
  let hash = 0;
  for (const letter of name) hash = (hash * 31 + letter.codePointAt(0)) % 360;
  return hash;
}

// The rows to show. `me` is put first; the others stay in the order of the server.
export function rowsOf(roster, me) {
  const speakers = Array.isArray(roster?.speakers) ? roster.speakers : [];
  return speakers
    .map((speaker) => ({
      id: String(speaker.id),
      name: String(speaker.name || 'Speaker'),
      me: speaker.id === me,
      host: speaker.role === 'host',
      cohost: speaker.role === 'cohost',
      manages: speaker.role === 'host' || speaker.role === 'cohost',
      camera: speaker.camera === true,
      muted: speaker.muted === true,
      talking: speaker.talking === true && speaker.muted !== true,
      onAir: speaker.onAir === true,
      pinned: speaker.pinned === true,
      hand: speaker.hand === true,
      screen: speaker.screen === true,
      unstable: speaker.connection === 'unstable',
    }))
    .sort((a, b) => Number(b.me) - Number(a.me));
}

// A row for those who hear it.
export function describe(row) {
  const words = [row.me ? `${row.name} (you)` : row.name];
  if (row.host) words.push('host');
  if (row.cohost) words.push('co-host');
  if (row.onAir) words.push('on air');
  if (row.pinned) words.push('pinned');
  if (row.hand) words.push('hand up');
  if (row.screen) words.push('sharing a screen');
  words.push(row.muted ? 'microphone off' : 'microphone on', row.camera ? 'camera on' : 'camera off');
  if (row.unstable) words.push('unstable connection');
  return words.join(', ');
}

// Who waits on stage, for those who are about to join.
export function describeStage(rows) {
  const names = rows.slice(0, 3).map((row) => row.name);
  const others = rows.length - names.length;
  if (others > 0) names.push(others === 1 ? 'one more' : `${others} more`);
  const last = names.pop();
  return last === undefined ? '' : `On stage: ${names.length > 0 ? `${names.join(', ')} and ${last}` : last}`;
}

// Follows the server's events for as long as the page lives. EventSource comes back by itself from a lost
// connection, but not from an answer that is not an event stream (a proxy's 502): that is tried again here.
export class Events {
  #url;
  #handlers;
  #source = null;
  #backoff = new Backoff({ first_ms: 1000 });

  // handlers: {stage(roster), hint(hint), removed({speaker}), ended()}
  constructor(url, handlers) {
    this.#url = url;
    this.#handlers = handlers;
    this.#open();
  }

  close() {
    this.#source?.close();
    this.#source = null;
  }

  #open() {
    const source = new EventSource(this.#url);
    this.#source = source;
    source.addEventListener('open', () => this.#backoff.reset());
    source.addEventListener('stage', (event) => this.#handlers.stage(JSON.parse(event.data)));
    source.addEventListener('hint', (event) => this.#handlers.hint(JSON.parse(event.data)));
    source.addEventListener('removed', (event) => this.#handlers.removed(JSON.parse(event.data)));
    source.addEventListener('ended', () => this.#handlers.ended());
    source.addEventListener('error', () => {
      if (source.readyState !== EventSource.CLOSED || source !== this.#source) return;
      setTimeout(() => source === this.#source && this.#open(), this.#backoff.next());
    });
  }
}
