// Camera, microphone and screen: one track each, opened and closed apart from each other, so that a missing camera
// never costs anybody the microphone.

const kConstraints = {
  audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  video: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } },
};
// More is not readable in the program's picture.
const kScreen = { width: { max: 1920 }, height: { max: 1080 }, frameRate: { max: 15 } };

export class DeviceError extends Error {
  // `reason`: the name of getUserMedia's error or one of ours, as states.js' deviceProblem takes it.
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

// The reason of an error that a browser threw. Chrome says "denied" alike for the page's settings and for those of the
// system, and tells them apart in its message alone. Pure.
export function reasonOf({ name = 'Error', message = '' }) {
  return name === 'NotAllowedError' && /by system/i.test(message) ? 'SystemDenied' : name;
}

function require(method) {
  if (globalThis.isSecureContext === false) throw new DeviceError('InsecureContext');
  if (!navigator.mediaDevices?.[method]) throw new DeviceError('Unsupported');
}

// Opens the device with that id, or another one where it is gone.
export async function openDevice(kind, device_id) {
  require('getUserMedia');
  const constraints = { ...kConstraints[kind] };
  if (device_id) constraints.deviceId = { exact: device_id };
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ [kind]: constraints });
    return stream.getTracks()[0];
  } catch (error) {
    if (device_id && (error.name === 'OverconstrainedError' || error.name === 'NotFoundError')) {
      return openDevice(kind, '');
    }
    throw new DeviceError(reasonOf(error));
  }
}

// Asks for a screen, window or tab. Its sound stays here: it would be heard twice.
export async function openScreen() {
  require('getDisplayMedia');
  try {
    const stream = await navigator.mediaDevices.getDisplayMedia({ video: kScreen, audio: false });
    const [track] = stream.getVideoTracks();
    // Small print has to stay readable, however few pictures a second that leaves.
    track.contentHint = 'detail';
    return track;
  } catch (error) {
    throw new DeviceError(reasonOf(error));
  }
}

const kWords = { audioinput: 'Microphone', videoinput: 'Camera', audiooutput: 'Output' };

// [{id, label, group}] of a MediaDeviceInfo's kind; none until the browser has allowed a device of it.
export async function listDevices(kind) {
  const devices = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
  const wanted = devices.filter((device) => device.kind === kind && device.deviceId);
  return wanted.map((device, index) => ({
    id: device.deviceId, label: device.label || `${kWords[kind]} ${index + 1}`, group: device.groupId,
  }));
}

export function onDevicesChanged(action) {
  navigator.mediaDevices?.addEventListener?.('devicechange', action);
}
