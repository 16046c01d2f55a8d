// A speaker's place on stage: one RTCPeerConnection over WHIP's verbs, kept alive. It joins, notices a lost
// connection and joins again under the same name, until it is told to leave or the Space ends.
import { Problem, Session } from './api.js';
import { Backoff } from './backoff.js';
import { encodingOf, SendingQuality } from './sending.js';

const kGatheringMs = 1000;
// A short gap mends itself; longer silence does not.
const kDisconnectedMs = 4000;
const kConnectMs = 12000;

export class Stage {
  #space;
  #token;
  #on_change;
  #on_return;
  #backoff = new Backoff({ first_ms: 1000 });
  #connection = null;
  #session = null;
  #video_sender = null;
  #audio_sender = null;
  #sending = null;
  #timer = 0;
  #attempt = 0;
  #been_on_stage = false;
  #name = '';
  #audio = null;
  #video = null;
  #muted = false;

  // What the page shows: a key of kStudioStates.
  state = 'lobby';

  // on_change(problem?): the state has changed; on_return(stream): what the others say.
  constructor(space, token, on_change, on_return) {
    this.#space = space;
    this.#token = token;
    this.#on_change = on_change;
    this.#on_return = on_return;
  }

  get speaker() {
    return this.#session?.speaker ?? '';
  }

  get connected() {
    return this.#connection?.connectionState === 'connected';
  }

  async join(name) {
    this.#name = name;
    this.#been_on_stage = false;
    this.#backoff.reset();
    this.#become('joining');
    await this.#connect();
  }

  async leave(state = 'lobby') {
    const session = this.#session;
    this.#close();
    this.#become(state);
    await session?.leave();
  }

  // For a page that is going away: nothing can be waited for.
  abandon() {
    this.#session?.leave();
    this.#close();
  }

  // Takes effect at once, and in every connection to come. The server is told in words, because it cannot
  // tell a camera that is off from a network that is.
  async setCamera(track) {
    this.#video = track;
    await this.#video_sender?.replaceTrack(track);
    await this.#tell({ camera: track !== null });
  }

  async setMicrophone(track, muted) {
    this.#audio = track;
    this.#muted = muted;
    if (track) track.enabled = !muted;
    if (this.#audio_sender?.track !== track) await this.#audio_sender?.replaceTrack(track);
    await this.#tell({ muted: muted || track === null });
  }

  // 'full' or 'low': how good the picture has to be. Every connection begins with 'full'.
  setQuality(quality) {
    this.#sending?.set(quality);
  }

  #become(state, problem) {
    if (this.state === state && !problem) return;
    this.state = state;
    this.#on_change(problem);
  }

  async #tell(change) {
    // A change that does not get through is told again with the next connection.
    await this.#session?.tell(change).catch(() => {});
  }

  #close() {
    this.#attempt += 1;
    clearTimeout(this.#timer);
    this.#connection?.close();
    this.#connection = null;
    this.#session = null;
    this.#audio_sender = null;
    this.#video_sender = null;
    this.#sending = null;
  }

  async #connect() {
    this.#close();
    const attempt = this.#attempt;
    const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    this.#connection = connection;
    this.#timer = setTimeout(() => this.#failed(new Problem(0, 'no media connection to the server')), kConnectMs);
    try {
      const offer = await this.#offer(connection);
      if (attempt !== this.#attempt) return;
      const [session, answer] = await Session.join(this.#space, this.#name, offer, this.#token);
      if (attempt !== this.#attempt) {
        // Left while the answer was on its way.
        session.leave();
        return;
      }
      this.#session = session;
      await connection.setRemoteDescription({ type: 'answer', sdp: answer });
      this.#sending = new SendingQuality(this.#video_sender);
      await this.#tell({ camera: this.#video !== null, muted: this.#muted || this.#audio === null });
    } catch (problem) {
      if (attempt === this.#attempt) this.#failed(problem);
    }
  }

  // Somebody who was on stage is brought back; somebody who wants to go there is told why not.
  #failed(problem) {
    if (this.#been_on_stage && (!(problem instanceof Problem) || problem.passing)) {
      this.#rejoin();
      return;
    }
    this.#session?.leave();
    this.#close();
    this.#become('lobby', `Joining failed: ${problem.message}`);
  }

  async #offer(connection) {
    const stream = new MediaStream();
    // The mix of the others comes back on the same line.
    const audio = connection.addTransceiver('audio', { direction: 'sendrecv', streams: [stream] });
    // In the offer even without a camera: it can be turned on later without another offer.
    const video = connection.addTransceiver('video', {
      direction: 'sendonly', streams: [stream], sendEncodings: [encodingOf('full')],
    });
    this.#audio_sender = audio.sender;
    this.#video_sender = video.sender;
    await Promise.all([audio.sender.replaceTrack(this.#audio), video.sender.replaceTrack(this.#video)]);
    preferH264(video);
    connection.addEventListener('track', ({ track }) => this.#on_return(new MediaStream([track])));
    connection.addEventListener('connectionstatechange', () => this.#changed(connection));
    await connection.setLocalDescription();
    await gathered(connection);
    return connection.localDescription.sdp;
  }

  #changed(connection) {
    if (connection !== this.#connection) return;
    switch (connection.connectionState) {
      case 'connected':
        clearTimeout(this.#timer);
        this.#backoff.reset();
        this.#been_on_stage = true;
        this.#become('joined');
        break;
      case 'disconnected':
        this.#become('unstable');
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#rejoin(), kDisconnectedMs);
        break;
      case 'failed':
        this.#failed(new Problem(0, 'no media connection to the server'));
        break;
    }
  }

  #rejoin() {
    this.#session?.leave();
    this.#close();
    this.#become('rejoining');
    this.#timer = setTimeout(() => this.#connect(), this.#backoff.next());
  }
}

// Constrained baseline with packetization mode 1 first: what every decoder takes.
function preferH264(transceiver) {
  const codecs = RTCRtpSender.getCapabilities('video')?.codecs ?? [];
  const rank = ({ mimeType, sdpFmtpLine = '' }) => {
    if (mimeType.toLowerCase() !== 'video/h264') return 2;
    return /packetization-mode=1/.test(sdpFmtpLine) && /profile-level-id=42e0/i.test(sdpFmtpLine) ? 0 : 1;
  };
  const preferred = codecs.toSorted((a, b) => rank(a) - rank(b));
  // Not in every Firefox yet, which offers H.264 all the same.
  if (preferred.length > 0) transceiver.setCodecPreferences?.(preferred);
}

// Candidates are sent with the offer. One that takes longer than this would not have helped.
async function gathered(connection) {
  if (connection.iceGatheringState === 'complete') return;
  await new Promise((resolve) => {
    setTimeout(resolve, kGatheringMs);
    connection.addEventListener('icegatheringstatechange', () => {
      if (connection.iceGatheringState === 'complete') resolve();
    });
  });
}
