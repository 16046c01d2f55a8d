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
  moving: ['Switching', 'Your network has changed – switching over…'],
  rejoining: ['Rejoining', 'Connection lost – rejoining…'],
  removed: ['Off stage', 'A host has taken you off the stage.'],
  ended: ['Ended', 'This Space has ended.'],
};

// On stage, or on the way back to it.
export const kOnStage = new Set(['joining', 'joined', 'unstable', 'moving', 'rejoining']);

const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?]$/.test(text) ? '' : '.');

// Why somebody does not get on stage, and what helps. `status` and `message`: of the server's refusal, 0 without an answer;
// `token`: whether an invitation was shown.
export function joinProblem({ status = 0, message = '' }, { token = false } = {}) {
  const server = sentence(message || 'the reason is unknown');
  switch (status) {
    case 401:
      return token
        ? `Your invitation is not valid: it may have expired. Ask the host for a new link. ${server}`
        : 'This Space is by invitation. Open the link that the host has sent you.';
    case 403:
      return `You may not go on this stage. ${server} Ask the host if you think you should.`;
    case 429:
    case 503:
      return `${server} Try again in a moment.`;
    default:
      return `Joining failed. ${server}`;
  }
}

// What stops a camera or a microphone, in words that help. `error` is the name of getUserMedia's error, or one of
// devices.js' own.
export function deviceProblem(kind, error) {
  const device = kind === 'audio' ? 'microphone' : 'camera';
  switch (error) {
    case 'NotAllowedError':
    case 'SecurityError':
      return `The ${device} is blocked. Allow it next to the page's address, then try again.`;
    case 'SystemDenied':
      return `The system does not let this browser use the ${device}. Allow it in the system's privacy settings, then try again.`;
    case 'NotFoundError':
    case 'OverconstrainedError':
      return `No ${device} found. Connect one, then try again.`;
    case 'NotReadableError':
    case 'AbortError':
      return `The ${device} is busy or does not answer. Close other programs that use it, then try again.`;
    case 'InvalidStateError':
      return `The ${device} can only be opened while this page is in front. Try again.`;
    case 'InsecureContext':
      return `This page was not loaded over HTTPS, so the browser does not give it a ${device}.`;
    case 'Unsupported':
      return `This browser cannot open a ${device}. Please try a current Chrome, Firefox or Safari.`;
    default:
      return `The ${device} could not be opened (${error}).`;
  }
}

// Why no screen is shared; '' where somebody has only changed their mind.
export function screenProblem(error) {
  switch (error) {
    case 'Unsupported':
      return 'This browser cannot share a screen. Phones cannot; a computer can.';
    case 'InsecureContext':
      return 'This page was not loaded over HTTPS, so the browser does not let it share a screen.';
    case 'NotAllowedError':
      return '';
    case 'SystemDenied':
      return "The system does not let this browser record the screen. Allow it in the system's privacy settings, then try again.";
    case 'NotReadableError':
    case 'AbortError':
      return 'That window or screen cannot be recorded. Choose another one.';
    case 'NotFoundError':
      return 'There is no screen to share.';
    case 'InvalidStateError':
      return 'A screen can only be shared while this page is in front. Try again.';
    default:
      return `The screen could not be shared (${error}).`;
  }
}
