// One connection to the stage: an RTCPeerConnection with everything in its offer that a speaker may ever send, because it
// cannot be negotiated again: microphone, camera, screen. What is off has a sender without a track.
import { encodingOf, kScreenEncoding, SendingQuality } from './sending.js';

// One candidate that takes longer than this would not have helped.
const kGatheringMs = 1000;
// By then the browser has measured its network, and may choose by itself what gives way.
const kMeasuredMs = 10000;

export class Peer {
  #connection;
  #senders = {};
  #quality;
  #timer = 0;

  // What comes back: {audio, video}, null for what does not.
  received = { audio: null, video: null };

  // changed(): the connection's state is another one.
  constructor(ice_servers, changed) {
    this.#connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle', iceServers: ice_servers });
    this.#connection.addEventListener('connectionstatechange', () => {
      if (this.state === 'connected') this.#settle();
      changed();
    });
    this.#connection.addEventListener('track', ({ track }) => { this.received[track.kind] = track; });
  }

  // Of RTCPeerConnectionState.
  get state() {
    return this.#connection.connectionState;
  }

  // `tracks`: {audio, video, screen}, null for what is off.
  async offer(tracks) {
    const stream = new MediaStream();
    const add = (kind, init) => this.#connection.addTransceiver(kind, { streams: [stream], ...init });
    // The mix of the others and the program's picture come back on the same lines.
    const audio = add('audio', { direction: 'sendrecv' });
    const video = add('video', { direction: 'sendrecv', sendEncodings: [encodingOf('full')] });
    // The second picture of an offer is the screen.
    const screen = add('video', { direction: 'sendonly', streams: [], sendEncodings: [kScreenEncoding] });
    this.#senders = { audio: audio.sender, video: video.sender, screen: screen.sender };
    this.#quality = new SendingQuality(video.sender);
    for (const transceiver of [video, screen]) preferH264(transceiver);
    await Promise.all(Object.keys(this.#senders).map((kind) => this.replace(kind, tracks[kind])));
    await this.#connection.setLocalDescription();
    await gathered(this.#connection);
    return this.#connection.localDescription.sdp;
  }

  async accept(answer) {
    await this.#connection.setRemoteDescription({ type: 'answer', sdp: answer });
    await this.#quality.prefer('maintain-resolution');
  }

  // Takes effect at once, without another offer.
  async replace(kind, track) {
    const sender = this.#senders[kind];
    if (sender && sender.track !== track) await sender.replaceTrack(track);
  }

  // 'full' or 'low': how good the camera's picture has to be.
  setQuality(quality) {
    return this.#quality?.set(quality);
  }

  stats() {
    return this.#connection.getStats();
  }

  close() {
    clearTimeout(this.#timer);
    this.#connection.close();
  }

  #settle() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#quality.prefer('balanced'), kMeasuredMs);
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

// Candidates are sent with the offer.
async function gathered(connection) {
  if (connection.iceGatheringState === 'complete') return;
  await new Promise((resolve) => {
    setTimeout(resolve, kGatheringMs);
    connection.addEventListener('icegatheringstatechange', () => {
      if (connection.iceGatheringState === 'complete') resolve();
    });
  });
}
