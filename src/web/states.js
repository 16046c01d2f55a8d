// What a page says about itself: one word and one sentence a state.

export const kViewerStates = {
  connecting: ['Connecting', 'Finding the Space…'],
  waiting: ['Waiting', 'The Space has not started yet. It will begin here by itself.'],
  live: ['Live', ''],
  behind: ['Catching up', ''],
  rewound: ['Rewound', ''],
  recording: ['Recording', ''],
  paused: ['Paused', ''],
  reconnecting: ['Reconnecting', 'The connection was lost. Trying again…'],
  ended: ['Ended', 'This Space has ended. Thank you for being here.'],
  unsupported: ['Not supported', 'This browser cannot play live video. Please try a current Chrome, Firefox or Safari.'],
};

// Those in which the picture moves.
export const kMoving = new Set(['live', 'behind', 'rewound', 'recording']);

// The viewer's state from what its player knows. Pure.
//   supported, ended   of the browser, of the stream
//   reachable          false after a request failed without an answer
//   found              the playlist has been there
//   started            the first frame has been shown
//   paused             by the viewer
//   stalled            the picture stands still although it should move
//   behind             further from live than it should be
//   rewound            watches an earlier part because the viewer wants to
//   recording          what is played is over
export function viewerState({ supported, ended, reachable, found, started, paused, stalled, behind, rewound, recording }) {
  if (!supported) return 'unsupported';
  if (ended) return 'ended';
  if (!started) {
    if (!reachable) return 'reconnecting';
    return found === false ? 'waiting' : 'connecting';
  }
  if (paused) return 'paused';
  if (stalled || !reachable) return 'reconnecting';
  if (recording) return 'recording';
  if (rewound) return 'rewound';
  return behind ? 'behind' : 'live';
}

// The studio: word and sentence.
export const kStudioStates = {
  lobby: ['Not on stage', ''],
  joining: ['Joining', 'Going on stage…'],
  joined: ['On stage', 'The others hear you.'],
  unstable: ['Unstable', 'Your connection is unstable.'],
  rejoining: ['Rejoining', 'Connection lost – rejoining…'],
  removed: ['Off stage', 'A host has taken you off the stage.'],
  ended: ['Ended', 'This Space has ended.'],
};

// What stops a camera or a microphone, in words that help. `error` is the name of getUserMedia's error.
export function deviceProblem(kind, error) {
  const device = kind === 'audio' ? 'microphone' : 'camera';
  switch (error) {
    case 'NotAllowedError':
    case 'SecurityError':
      return `The ${device} is blocked. Allow it next to the page's address, then try again.`;
    case 'NotFoundError':
    case 'OverconstrainedError':
      return `No ${device} found. Connect one, then try again.`;
    case 'NotReadableError':
    case 'AbortError':
      return `The ${device} is busy or does not answer. Close other programs that use it, then try again.`;
    case 'InsecureContext':
      return `This page was not loaded over HTTPS, so the browser does not give it a ${device}.`;
    default:
      return `The ${device} could not be opened (${error}).`;
  }
}
