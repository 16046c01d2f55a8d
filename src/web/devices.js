// Camera and microphone: one track each, opened and closed apart from each other, so that a missing camera
// never costs anybody the microphone.

const kConstraints = {
  audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  video: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } },
};

export class DeviceError extends Error {
  // `reason`: the name of getUserMedia's error, as states.js' deviceProblem takes it.
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

// Opens the device with that id, or another one where it is gone.
export async function openDevice(kind, device_id) {
  if (!navigator.mediaDevices?.getUserMedia) throw new DeviceError('InsecureContext');
  const constraints = { ...kConstraints[kind] };
  if (device_id) constraints.deviceId = { exact: device_id };
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ [kind]: constraints });
    return stream.getTracks()[0];
  } catch (error) {
    if (device_id && (error.name === 'OverconstrainedError' || error.name === 'NotFoundError')) {
      return openDevice(kind, '');
    }
    throw new DeviceError(error.name);
  }
}

// [{id, label}]; labels are empty until the browser has been allowed a device.
export async function listDevices(kind) {
  const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  const wanted = devices.filter((device) => device.kind === `${kind}input` && device.deviceId);
  const word = kind === 'audio' ? 'Microphone' : 'Camera';
  return wanted.map((device, index) => ({ id: device.deviceId, label: device.label || `${word} ${index + 1}` }));
}

export function onDevicesChanged(action) {
  navigator.mediaDevices?.addEventListener('devicechange', action);
}
