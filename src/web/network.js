// When the way to the server has become another one: the browser came back online, or changed from Wi-Fi to mobile data.

// Several events tell of one change.
const kTogetherMs = 300;

export function onNetworkChanged(action, { target = globalThis, connection = navigator.connection } = {}) {
  let timer = 0;
  let type = connection?.type;
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(action, kTogetherMs);
  };
  target.addEventListener('online', soon);
  // Also fired when an estimate of the speed changes, which is nothing to us.
  connection?.addEventListener?.('change', () => {
    if (connection.type === type) return;
    type = connection.type;
    if (type !== 'none') soon();
  });
}
