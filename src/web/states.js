// What a page says about itself: one word and one sentence a state.

export const kViewerStates = {
  connecting: ['Connecting', 'Finding the Space…'],
  waiting: ['Waiting', 'The Space has not started yet. It will begin here by itself.'],
  live: ['Live', ''],
  behind: ['Catching up', ''],
  paused: ['Paused', 'Play goes back to live.'],
  reconnecting: ['Reconnecting', 'The connection was lost. Trying again…'],
  ended: ['Ended', 'This Space has ended. Thank you for being here.'],
  unsupported: ['Not supported', 'This browser cannot play live video. Please try a current Chrome, Firefox or Safari.'],
};

// The viewer's state from what its player knows. Pure.
//   supported, ended   of the browser, of the stream
//   reachable          false after a request failed without an answer
//   found              the playlist has been there
//   started            the first frame has been shown
//   paused             by the viewer
//   stalled            the picture stands still although it should move
//   behind             further from live than it should be
export function viewerState({ supported, ended, reachable, found, started, paused, stalled, behind }) {
  if (!supported) return 'unsupported';
  if (ended) return 'ended';
  if (!started) {
    if (!reachable) return 'reconnecting';
    return found === false ? 'waiting' : 'connecting';
  }
  if (paused) return 'paused';
  if (stalled || !reachable) return 'reconnecting';
  return behind ? 'behind' : 'live';
}
