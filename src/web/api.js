// The worker's HTTP interface, as the pages use it.

// The one Space of this worker: {space, open, maxSpeakers}.
export async function fetchSpace() {
  const answer = await fetch('/api/space', { cache: 'no-store' });
  if (!answer.ok) throw await problemOf(answer);
  return answer.json();
}

export const playlistUrl = (space) => `/spaces/${encodeURIComponent(space)}/hls/master.m3u8`;
export const stageUrl = (space) => `/spaces/${encodeURIComponent(space)}/stage`;
export const eventsUrl = (space) => `/spaces/${encodeURIComponent(space)}/api/events`;
export const speakerUrl = (space, id) => `/spaces/${encodeURIComponent(space)}/api/speakers/${encodeURIComponent(id)}`;

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

// The speaker's own session on stage: what POST /stage gave.
export class Session {
  // `location`: the session's URL, whose last path segment is its secret; `speaker`: the public id.
  constructor(space, location, speaker) {
    this.location = new URL(location, document.baseURI).href;
    this.speaker = speaker;
    this.api = speakerUrl(space, speaker);
    this.secret = new URL(this.location).pathname.split('/').pop();
  }

  // Sends the offer and returns [session, SDP answer].
  static async join(space, name, offer, token) {
    const headers = { 'Content-Type': 'application/sdp' };
    if (token) headers.Authorization = `Bearer ${token}`;
    const answer = await fetch(`${stageUrl(space)}?name=${encodeURIComponent(name)}`, {
      method: 'POST', headers, body: offer,
    }).catch(() => { throw new Problem(0, 'the server cannot be reached'); });
    if (!answer.ok) throw await problemOf(answer);
    const session = new Session(space, answer.headers.get('Location'), answer.headers.get('Spacecast-Speaker') ?? '');
    return [session, await answer.text()];
  }

  // {camera} and {muted}: what the others are to see of this speaker.
  async tell(change) {
    const answer = await fetch(this.api, {
      method: 'PATCH',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${this.secret}` },
      body: JSON.stringify(change),
    });
    if (!answer.ok) throw await problemOf(answer);
  }

  // Also works while the page is being closed.
  async leave() {
    await fetch(this.location, { method: 'DELETE', keepalive: true }).catch(() => {});
  }
}
