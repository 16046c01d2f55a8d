// Goal: one change of the network is told once, and a change of an estimate is none. Method: events made by hand.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { onNetworkChanged } from '../../src/web/network.js';

function network(context, type) {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const target = new EventTarget();
  const connection = new EventTarget();
  connection.type = type;
  let count = 0;
  onNetworkChanged(() => { count += 1; }, { target, connection });
  return {
    online: () => target.dispatchEvent(new Event('online')),
    change(new_type) {
      connection.type = new_type;
      connection.dispatchEvent(new Event('change'));
    },
    count() {
      context.mock.timers.tick(1000);
      return count;
    },
  };
}

test('several events are one change', (context) => {
  const { online, change, count } = network(context, 'wifi');
  change('cellular');
  online();
  assert.equal(count(), 1);
  online();
  assert.equal(count(), 2);
});

test('an estimate of the speed is no change, nor is the loss of every network', (context) => {
  const { change, count } = network(context, 'wifi');
  change('wifi');
  change('none');
  assert.equal(count(), 0);
  change('wifi');
  assert.equal(count(), 1);
});

test('a browser without that interface has its online event', (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const target = new EventTarget();
  let count = 0;
  onNetworkChanged(() => { count += 1; }, { target, connection: null });
  target.dispatchEvent(new Event('online'));
  context.mock.timers.tick(1000);
  assert.equal(count, 1);
});
