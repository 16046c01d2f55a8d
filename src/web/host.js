// What a host does to others, and to the Space. The server decides who may; what it refuses is said in its words.

// The buttons of a row, as [action, label]. Pure. `mine`: my own row of the roster.
export function actionsFor(row, mine) {
  // A co-host manages everybody but hosts.
  if (!mine?.manages || (row.host && !mine.host)) return [];
  const actions = [];
  // A host can silence somebody, and never make somebody heard.
  if (!row.me && !row.muted) actions.push(['mute', 'Mute']);
  actions.push(row.pinned ? ['unpin', 'Unpin'] : ['pin', 'Pin on air'], ['rename', 'Rename']);
  if (!row.me) actions.push(['remove', 'Remove']);
  return actions;
}

export class Host {
  #session;
  #ask;
  #tell;

  // session(): the own session, or null; ask: an Ask; tell(text): what was refused, '' for nothing.
  constructor(session, ask, tell) {
    this.#session = session;
    this.#ask = ask;
    this.#tell = tell;
  }

  async act(action, row) {
    switch (action) {
      case 'mute':
        return this.#do((session) => session.change(row.id, { muted: true }));
      case 'pin':
      case 'unpin':
        return this.#do((session) => session.change(row.id, { pinned: action === 'pin' }));
      case 'rename': {
        const name = await this.#ask.question({ title: `Rename ${row.name}`, yes: 'Rename', value: row.name });
        if (name && name !== row.name) await this.#do((session) => session.change(row.id, { name }));
        return undefined;
      }
      case 'remove': {
        const sure = await this.#ask.question({
          title: `Remove ${row.name}?`, text: 'They leave the stage at once, and their invitation no longer works.', yes: 'Remove', danger: true,
        });
        if (sure) await this.#do((session) => session.remove(row.id));
        return undefined;
      }
      default:
        return undefined;
    }
  }

  // 'speaker' or 'gallery'. Returns whether the server has done it.
  setLayout(layout) {
    return this.#do((session) => session.setLayout(layout));
  }

  async end() {
    const sure = await this.#ask.question({
      title: 'End the Space for everyone?', text: 'Everybody leaves the stage, and everybody who watches sees that it is over. It cannot be started again.',
      yes: 'End for everyone', danger: true,
    });
    if (sure) await this.#do((session) => session.endSpace());
  }

  async #do(action) {
    const session = this.#session();
    if (!session) return false;
    try {
      await action(session);
      this.#tell('');
      return true;
    } catch (problem) {
      this.#tell(`That was refused: ${problem.message}.`);
      return false;
    }
  }
}
