// The page's one <dialog>: a question, with a field where it asks for words.

export class Ask {
  #dialog;
  #title;
  #text;
  #field;
  #input;
  #yes;
  #answer = null;

  constructor({ dialog, form, title, text, field, input, yes, no }) {
    this.#dialog = dialog;
    this.#title = title;
    this.#text = text;
    this.#field = field;
    this.#input = input;
    this.#yes = yes;
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#dialog.close('yes');
    });
    no.addEventListener('click', () => this.#dialog.close(''));
    // Escape closes without a value of its own.
    dialog.addEventListener('cancel', () => { this.#dialog.returnValue = ''; });
    dialog.addEventListener('close', () => this.#answer?.());
  }

  // Resolves to null where nothing is to be done, else to what the field says (true without one). `yes`: the word on the
  // button; `danger`: whether it cannot be undone; `value`: what the field holds, undefined for no field.
  question({ title, text = '', yes, danger = false, value }) {
    const has_field = value !== undefined;
    this.#title.textContent = title;
    this.#text.textContent = text;
    this.#text.hidden = !text;
    this.#field.hidden = !has_field;
    this.#input.disabled = !has_field;
    this.#input.value = value ?? '';
    this.#yes.textContent = yes;
    this.#yes.classList.toggle('danger', danger);
    this.#yes.classList.toggle('primary', !danger);
    this.#dialog.returnValue = '';
    this.#dialog.showModal();
    if (has_field) this.#input.select();
    return new Promise((resolve) => {
      this.#answer = () => {
        this.#answer = null;
        if (this.#dialog.returnValue !== 'yes') resolve(null);
        else resolve(has_field ? this.#input.value.trim() : true);
      };
    });
  }
}
