// The way in: the name, what an invitation says, and why it does not open.
import { recall, remember } from './memory.js';
import { hueOf, initials } from './roster.js';
import { joinProblem } from './states.js';
import { claimsOf } from './token.js';

const kRoles = { host: 'a host', cohost: 'a co-host' };

export class Lobby {
  #page;
  #token;

  // page: {form, text, name, join, problem, count, avatar}; `role`: asked for where a Space is open to all.
  constructor(page, token, role, on_join) {
    this.#page = page;
    this.#token = token;
    const claims = claimsOf(token);
    page.name.value = claims?.name || (recall('name') ?? '');
    page.name.readOnly = Boolean(claims?.name);
    const as = kRoles[claims?.role || role];
    if (as) page.text.textContent = `You join as ${as}. ${page.text.textContent}`;
    page.name.addEventListener('input', () => this.#draw_avatar());
    page.form.addEventListener('submit', (event) => {
      event.preventDefault();
      if (!this.#name) return;
      remember('name', this.#name);
      on_join(this.#name);
    });
    this.#draw_avatar();
  }

  get #name() {
    return this.#page.name.value.trim();
  }

  // The Space has been found.
  open() {
    this.#page.join.disabled = false;
  }

  // What the server said to a join, in words.
  explain(problem) {
    return joinProblem(problem, { token: this.#token !== '' });
  }

  refuse(text) {
    this.#page.problem.textContent = text;
    this.#page.problem.hidden = !text;
  }

  // `state`: of the stage.
  draw(state, hidden) {
    this.#page.form.hidden = hidden;
    this.#page.join.textContent = state === 'removed' ? 'Join again' : 'Join the stage';
    this.#page.join.disabled = state === 'ended';
  }

  // `text`: who is on stage already.
  expect(text) {
    this.#page.count.textContent = text;
    this.#page.count.hidden = !text;
  }

  focus() {
    this.#page.join.focus({ preventScroll: true });
  }

  #draw_avatar() {
    this.#page.avatar.textContent = initials(this.#name);
    this.#page.avatar.style.setProperty('--hue', hueOf(this.#name));
  }
}
