// The worker's HTTP interface, as the pages use it.

// The one Space of this worker: {space, open, maxSpeakers}.
export async function fetchSpace() {
  const answer = await fetch('/api/space', { cache: 'no-store' });
  if (!answer.ok) throw await problemOf(answer);
  return answer.json();
}

export const spaceUrl = (space, path) => `/spaces/${encodeURIComponent(space)}/${path}`;
export const playlistUrl = (space) => spaceUrl(space, 'hls/master.m3u8');
export const stageUrl = (space) => spaceUrl(space, 'stage');
export const eventsUrl = (space) => spaceUrl(space, 'api/events');
export const speakerUrl = (space, id) => spaceUrl(space, `api/speakers/${encodeURIComponent(id)}`);

// An answer that is not 2xx, with the server's own words (RFC 9457). `status` is 0 where no answer came.
export class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.name = 'Problem';
    this.status = status;
  }

  // Whether the same request may succeed later: no answer, no Space yet, or a server that is busy.
  get passing() {
    return this.status === 0 || this.status === 404 || this.status === 429 || this.status >= 500;
  }
}

export async function problemOf(answer) {
  const document = await answer.json().catch(() => ({}));
  const detail = typeof document.detail === 'string' ? document.detail : `the server answered ${answer.status}`;
  return new Problem(answer.status, detail);
}

// Sends a request; throws a Problem for anything but 2xx. `body`: JSON where it is an object.
export async function send(url, { method = 'GET', bearer = '', headers = {}, body } = {}) {
  const all = { ...headers };
  if (bearer) all.Authorization = `Bearer ${bearer}`;
  const is_object = typeof body === 'object';
  if (is_object) all['Content-Type'] = 'application/json';
  const answer = await fetch(url, { method, headers: all, body: is_object ? JSON.stringify(body) : body, cache: 'no-store' })
    .catch(() => { throw new Problem(0, 'the server cannot be reached'); });
  if (!answer.ok) throw await problemOf(answer);
  return answer;
}
