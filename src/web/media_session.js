// What the system shows of a page that plays: on a lock screen, for the keys of a headset, in picture-in-picture.

export function connectMediaSession({ play, pause, back, forward }) {
  const actions = { play, pause, seekbackward: back, seekforward: forward };
  for (const [name, action] of Object.entries(actions)) {
    try {
      navigator.mediaSession?.setActionHandler(name, action);
    } catch {
      // A browser that does not know one of them does without it.
    }
  }
}

export function showMediaSession(speaker, space, paused) {
  if (!navigator.mediaSession || !window.MediaMetadata) return;
  navigator.mediaSession.metadata = new MediaMetadata({ title: speaker || space, artist: speaker ? space : 'spacecast' });
  navigator.mediaSession.playbackState = paused ? 'paused' : 'playing';
}
