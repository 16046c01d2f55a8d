// A speaker's place on stage, kept alive over WHIP's verbs. It joins, notices a lost connection and joins again under the
// same name and into the same place, until it is told to leave, is taken off the stage, or the Space ends.
//
// A new connection is made while the old one still runs: who changes from Wi-Fi to mobile data is heard all the time. The
// server lets the new one take over when it sees and hears it, and then ends the old one.
import { Problem } from './api.js';
import { Backoff } from './backoff.js';
import { Peer } from './peer.js';
import { fetchIceServers, Session } from './session.js';

// A short gap mends itself; longer silence does not.
const kDisconnectedMs = 2000;
const kConnectMs = 12000;
// A little longer than a server waits for the new connection's picture.
const kOverlapMs = 5000;

const no_media = () => new Problem(0, 'no media connection to the server');

export class Stage {
  #space;
  #token;
  #role;
  #on_change;
  #on_return;
  #backoff = new Backoff({ first_ms: 1000 });
  // {peer, session}: the connection that is on stage, the one that is being made, and the one that it has replaced.
  #current = null;
  #next = null;
  #old = null;
  #connect_timer = 0;
  #overlap_timer = 0;
  #patience_timer = 0;
  #attempt = 0;
  #been_on_stage = false;
  // Of the newest session that the server has given: its place is taken over by the next one.
  #secret = '';
  #name = '';
  #tracks = { audio: null, video: null, screen: null };
  #muted = false;
  #hand = false;
  #quality = 'full';

  // What the page shows: a key of kStudioStates.
  state = 'lobby';
  // How many times the server has given us a place.
  sessions = 0;

  // on_change(problem?): the state has changed, and the Problem that has led to it; on_return([{audio, video}]): what comes
  // back, as tracks or null, the newest last; the server sends on one at a time. `role` is asked for where a Space is open
  // to all.
  constructor({ space, token = '', role = '' }, on_change, on_return) {
    this.#space = space;
    this.#token = token;
    this.#role = role;
    this.#on_change = on_change;
    this.#on_return = on_return;
  }

  // The newest one: what the roster knows.
  get session() {
    return this.#next?.session ?? this.#current?.session ?? null;
  }

  get speaker() {
    return this.session?.speaker ?? '';
  }

  get connected() {
    return this.#current?.peer.state === 'connected';
  }

  // Whether the server may not know yet what it has been told.
  get telling() {
    return this.session?.telling ?? false;
  }

  get hand() {
    return this.#hand;
  }

  async join(name) {
    this.#close();
    this.#name = name;
    this.#been_on_stage = false;
    this.#secret = '';
    this.#hand = false;
    this.#backoff.reset();
    this.#become('joining');
    await this.#connect();
  }

  async leave(state = 'lobby') {
    const links = this.#links();
    this.#close();
    this.#become(state);
    await Promise.all(links.map(({ session }) => session?.leave()));
  }

  // For a page that is going away: nothing can be waited for.
  abandon() {
    for (const { session } of this.#links()) session?.leave();
    this.#close();
  }

  // Takes effect at once, and in every connection to come. The server is told in words, because it cannot
  // tell a camera that is off from a network that is. Nothing waits for it to answer.
  async setCamera(track) {
    await this.#replace('video', track);
    this.session?.tell({ camera: track !== null });
  }

  async setMicrophone(track, muted) {
    this.#muted = muted;
    if (track) track.enabled = !muted;
    await this.#replace('audio', track);
    this.session?.tell({ muted: muted || track === null });
  }

  async setScreen(track) {
    await this.#replace('screen', track);
    this.session?.tell({ screen: track !== null });
  }

  setHand(up) {
    this.#hand = up;
    this.session?.tell({ hand: up });
  }

  // 'full' or 'low': how good the picture has to be.
  setQuality(quality) {
    this.#quality = quality;
    for (const link of this.#links()) link.peer.setQuality(quality);
  }

  // The way to the server is another one, or will not be found again by waiting: a new connection at once.
  renew() {
    if (!this.#been_on_stage || !this.#is_on_stage()) return;
    this.#backoff.reset();
    this.#become(this.connected ? 'moving' : 'rejoining');
    this.#connect();
  }

  // RTCStatsReport, or null without a connection.
  async stats() {
    return this.connected ? this.#current.peer.stats() : null;
  }

  #is_on_stage() {
    return ['joining', 'joined', 'unstable', 'moving', 'rejoining'].includes(this.state);
  }

  #links() {
    return [this.#old, this.#current, this.#next].filter(Boolean);
  }

  #become(state, problem = null) {
    if (this.state === state && !problem) return;
    this.state = state;
    this.#on_change(problem);
  }

  async #replace(kind, track) {
    this.#tracks[kind] = track;
    await Promise.all(this.#links().map((link) => link.peer.replace(kind, track)));
  }

  #close() {
    this.#stop_connecting();
    clearTimeout(this.#patience_timer);
    clearTimeout(this.#overlap_timer);
    for (const link of this.#links()) link.peer.close();
    this.#current = null;
    this.#old = null;
    this.#on_return([]);
  }

  #stop_connecting() {
    this.#attempt += 1;
    clearTimeout(this.#connect_timer);
    this.#next?.peer.close();
    this.#next = null;
  }

  async #connect() {
    this.#stop_connecting();
    const attempt = this.#attempt;
    const stale = () => attempt !== this.#attempt;
    this.#connect_timer = setTimeout(() => this.#failed(no_media()), kConnectMs);
    try {
      const ice_servers = await fetchIceServers(this.#space, this.#token);
      if (stale()) return;
      const link = { peer: new Peer(ice_servers, () => this.#changed(link)), session: null };
      this.#next = link;
      const offer = await link.peer.offer(this.#tracks);
      if (stale()) return;
      const [session, answer] = await Session.join(this.#space, {
        name: this.#name, role: this.#role, token: this.#token, offer, replaces: this.#secret,
      });
      if (stale()) {
        // Left, or begun anew, while the answer was on its way.
        session.leave();
        return;
      }
      link.session = session;
      this.sessions += 1;
      this.#secret = session.secret;
      await link.peer.accept(answer);
      link.peer.setQuality(this.#quality);
      session.tell(this.#self());
    } catch (problem) {
      if (!stale()) this.#failed(problem);
    }
  }

  // What a server that knows nothing of us has to be told.
  #self() {
    const { audio, video, screen } = this.#tracks;
    const self = { camera: video !== null, muted: this.#muted || audio === null };
    if (screen) self.screen = true;
    if (this.#hand) self.hand = true;
    return self;
  }

  #changed(link) {
    const { state } = link.peer;
    if (link === this.#next) {
      if (state === 'connected') this.#swap();
      else if (state === 'failed') this.#failed(no_media());
    } else if (link === this.#current) {
      clearTimeout(this.#patience_timer);
      if (state === 'connected') {
        if (!this.#next) this.#become('joined');
      } else if (!this.#next) {
        this.#become('unstable');
        this.#patience_timer = setTimeout(() => this.#rejoin(), kDisconnectedMs);
      }
    } else if (link === this.#old && state !== 'connected') {
      this.#retire();
    }
  }

  #swap() {
    this.#retire();
    this.#old = this.#current;
    this.#current = this.#next;
    this.#next = null;
    clearTimeout(this.#connect_timer);
    clearTimeout(this.#patience_timer);
    this.#backoff.reset();
    this.#been_on_stage = true;
    if (this.#old?.peer.state === 'connected') this.#overlap_timer = setTimeout(() => this.#retire(), kOverlapMs);
    else this.#retire();
    this.#on_return(this.#links().map(({ peer }) => peer.received));
    this.#become('joined');
  }

  #retire() {
    const old = this.#old;
    if (!old) return;
    this.#old = null;
    clearTimeout(this.#overlap_timer);
    old.peer.close();
    // Where the server has moved its place to the new one, it is gone already.
    old.session?.leave();
    if (this.#current) this.#on_return([this.#current.peer.received]);
  }

  // Somebody who was on stage is brought back; somebody who wants to go there is told why not.
  #failed(problem) {
    const session = this.#next?.session;
    this.#stop_connecting();
    if (this.connected) {
      this.#secret = this.#current.session.secret;
      session?.leave();
      this.#become('joined');
    } else if (this.#been_on_stage && (!(problem instanceof Problem) || problem.passing)) {
      // What the server has made of the failed attempt is what the next one replaces.
      this.#become('rejoining', problem instanceof Problem ? problem : null);
      this.#connect_timer = setTimeout(() => this.#connect(), this.#backoff.next());
    } else {
      session?.leave();
      this.#close();
      this.#become('lobby', problem);
    }
  }

  #rejoin() {
    this.#become('rejoining');
    this.#connect();
  }
}
