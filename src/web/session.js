// A speaker's session on stage, and what its secret opens.
import { send, spaceUrl, speakerUrl, stageUrl } from './api.js';
import { iceServersOf } from './ice_servers.js';

const kTryAgainMs = 1000;
const kTries = 5;

// What helps through firewalls, for those who may join; a Problem of 401 or 403 for those who may not.
export async function fetchIceServers(space, token) {
  const answer = await send(stageUrl(space), { bearer: token });
  return iceServersOf(answer.headers.get('Link'));
}

// What POST /stage gave.
export class Session {
  #space;
  #untold = {};
  #telling = null;

  // `location`: the session's URL, whose last path segment is its secret; `speaker`: the public id.
  constructor(space, location, speaker) {
    this.#space = space;
    this.location = new URL(location, document.baseURI).href;
    this.speaker = speaker;
    this.secret = new URL(this.location).pathname.split('/').pop();
  }

  // Sends the offer and returns [session, SDP answer]. `role`: asked for where a Space is open to all; `replaces`: the secret
  // of the session whose place is to be taken.
  static async join(space, { name, role, token, offer, replaces }) {
    const query = new URLSearchParams({ name });
    if (role) query.set('role', role);
    const headers = { 'Content-Type': 'application/sdp' };
    if (replaces) headers['Spacecast-Replaces'] = replaces;
    const answer = await send(`${stageUrl(space)}?${query}`, { method: 'POST', bearer: token, headers, body: offer });
    const session = new Session(space, answer.headers.get('Location'), answer.headers.get('Spacecast-Speaker') ?? '');
    return [session, await answer.text()];
  }

  // {camera, muted, hand, screen}: what the others are to see of this speaker. Told one after the other, as fast as the server
  // takes them, and what has changed again meanwhile is not told any more. A session that is about to take over from another
  // one may not be listened to at once.
  tell(change) {
    Object.assign(this.#untold, change);
    this.#telling ??= this.#tell_all().finally(() => { this.#telling = null; });
    return this.#telling;
  }

  // Whether the server may not know yet what it has been told.
  get telling() {
    return this.#telling !== null;
  }

  async #tell_all() {
    for (let failed = 0; Object.keys(this.#untold).length > 0;) {
      const change = this.#untold;
      this.#untold = {};
      try {
        await this.change(this.speaker, change);
        failed = 0;
      } catch {
        // What does not get through at all is told again with the next session.
        if (++failed > kTries) return;
        this.#untold = { ...change, ...this.#untold };
        await new Promise((resolve) => setTimeout(resolve, kTryAgainMs));
      }
    }
  }

  // Of anybody, for hosts: {muted, pinned, name}.
  async change(speaker, change) {
    await send(speakerUrl(this.#space, speaker), { method: 'PATCH', bearer: this.secret, body: change });
  }

  async remove(speaker) {
    await send(speakerUrl(this.#space, speaker), { method: 'DELETE', bearer: this.secret });
  }

  async setLayout(layout) {
    await send(spaceUrl(this.#space, 'api/layout'), { method: 'PATCH', bearer: this.secret, body: { layout } });
  }

  async endSpace() {
    await send(spaceUrl(this.#space, 'api/stage'), { method: 'DELETE', bearer: this.secret });
  }

  // Also works while the page is being closed.
  async leave() {
    await fetch(this.location, { method: 'DELETE', keepalive: true }).catch(() => {});
  }
}
