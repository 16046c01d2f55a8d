// The list of those on stage. Rows stay the same elements while their people do: a menu that is open, and the keyboard's
// place in it, outlive every change of the roster.
import { actionsFor } from './host.js';
import { icon } from './icons.js';
import { describe, hueOf, initials } from './roster.js';

function element(tag, class_name, text = '') {
  const made = document.createElement(tag);
  made.className = class_name;
  made.textContent = text;
  return made;
}

function set_text(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export class People {
  #list;
  #act;
  #rows = new Map();

  // act(action, row): an action of host.js was asked for.
  constructor(list, act) {
    this.#list = list;
    this.#act = act;
  }

  draw(rows) {
    const mine = rows.find((row) => row.me);
    for (const [id, row] of this.#rows) {
      if (rows.some((wanted) => wanted.id === id)) continue;
      row.item.remove();
      this.#rows.delete(id);
    }
    rows.forEach((row, index) => {
      if (!this.#rows.has(row.id)) this.#rows.set(row.id, this.#make());
      const made = this.#rows.get(row.id);
      made.row = row;
      this.#update(made, actionsFor(row, mine));
      if (this.#list.children[index] !== made.item) this.#list.insertBefore(made.item, this.#list.children[index] ?? null);
    });
  }

  #make() {
    const made = {
      item: element('li', ''), avatar: element('span', 'avatar'), name: element('span', 'name'), badge: element('span', 'badge is-live', 'On air'),
      words: element('span', 'words'), spoken: element('span', 'visually-hidden'), actions: element('div', 'actions'), offered: '',
      pictures: Object.fromEntries(['hand', 'screen', 'mic', 'camera'].map((name) => [name, icon(name)])),
    };
    const who = element('span', 'who');
    const notes = element('span', 'notes');
    notes.append(made.badge, made.words);
    who.append(made.name, notes);
    const shown = element('div', 'person');
    shown.append(made.avatar, who, ...Object.values(made.pictures));
    for (const part of shown.children) part.setAttribute('aria-hidden', 'true');
    made.more = element('button', 'round more');
    made.more.type = 'button';
    made.more.append(icon('more'));
    made.more.addEventListener('click', () => this.#open(made, made.actions.hidden));
    made.actions.hidden = true;
    made.actions.setAttribute('role', 'group');
    made.actions.addEventListener('click', ({ target }) => {
      const { action } = target.closest('button')?.dataset ?? {};
      if (!action) return;
      this.#open(made, false);
      made.more.focus();
      this.#act(action, made.row);
    });
    made.item.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || made.actions.hidden) return;
      this.#open(made, false);
      made.more.focus();
    });
    shown.append(made.spoken, made.more);
    made.item.append(shown, made.actions);
    return made;
  }

  #open(made, open) {
    for (const other of this.#rows.values()) {
      const this_one = other === made && open;
      other.actions.hidden = !this_one;
      other.more.setAttribute('aria-expanded', String(this_one));
    }
    if (open) made.actions.firstElementChild?.focus();
  }

  #update(made, actions) {
    const { row, item, pictures } = made;
    item.dataset.id = row.id;
    item.classList.toggle('is-on-air', row.onAir);
    item.classList.toggle('is-talking', row.talking);
    set_text(made.avatar, initials(row.name));
    made.avatar.style.setProperty('--hue', hueOf(row.name));
    set_text(made.name, row.name);
    made.badge.hidden = !row.onAir;
    const words = [
      row.me && 'You', row.host && 'Host', row.cohost && 'Co-host', row.pinned && 'Pinned', row.screen && 'Sharing a screen', row.hand && 'Hand up',
      row.unstable && 'Unstable connection', row.talking && 'Speaking',
    ];
    set_text(made.words, words.filter(Boolean).join(' · '));
    set_text(made.spoken, describe(row));
    pictures.hand.classList.toggle('is-up', row.hand);
    for (const [name, on] of [['hand', row.hand], ['screen', row.screen]]) pictures[name].toggleAttribute('hidden', !on);
    for (const [name, on] of [['mic', !row.muted], ['camera', row.camera]]) {
      pictures[name].firstElementChild.setAttribute('href', `#icon-${on ? name : `${name}-off`}`);
      pictures[name].classList.toggle('is-off', !on);
    }
    this.#update_actions(made, actions);
  }

  #update_actions(made, actions) {
    const { row, more } = made;
    more.hidden = actions.length === 0;
    more.setAttribute('aria-label', `Options for ${row.name}`);
    made.actions.setAttribute('aria-label', `Options for ${row.name}`);
    const offered = JSON.stringify(actions);
    if (made.offered === offered) return;
    made.offered = offered;
    const focused = made.actions.contains(document.activeElement);
    made.actions.replaceChildren(...actions.map(([action, label]) => {
      const button = element('button', `button small${action === 'remove' ? ' danger' : ''}`, label);
      button.type = 'button';
      button.dataset.action = action;
      return button;
    }));
    if (actions.length === 0) this.#open(made, false);
    else if (focused) made.actions.firstElementChild.focus();
  }
}
