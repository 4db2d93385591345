/* What a person types is never eaten. A touched form carries hx-morph-skip, so that a live update leaves it alone, its
   hidden version included: if somebody else was faster, the server answers 409 instead of taking an answer unseen. */
(() => {
  const touched = (root) => [...root.querySelectorAll('form[hx-morph-skip]')].concat(root.matches('form[hx-morph-skip]') ? [root] : []);
  const touch = (form) => form.setAttribute('hx-morph-skip', '');
  const untouch = (form) => form.removeAttribute('hx-morph-skip');

  const onTyped = ({ isTrusted, target }) => { if (isTrusted && target.form && !target.form.matches('[role=search]')) touch(target.form); };

  const mainTask = (tasks) => tasks.find((task) => task.type === 'main');

  /* Our own action changed the version: another form of the same panel that holds typed text goes on with the new one. */
  const renewHidden = (form, fragment) => {
    const fresh = form.id && fragment.querySelector(`#${CSS.escape(form.id)}`);
    fresh?.querySelectorAll('input[type=hidden]').forEach((input) => {
      const ours = form.querySelector(`input[type=hidden][name="${CSS.escape(input.name)}"]`);
      if (ours) ours.value = input.value;
    });
  };

  /* The form is gone from the new state of its panel: keep the typed text and say so. */
  const sayStale = (form, panel) => {
    if (form.querySelector('[data-stale]')) return;
    const note = document.createElement('div');
    note.className = 'summary summary-paused';
    note.dataset.stale = '';
    note.setAttribute('role', 'alert');
    const words = document.createElement('p');
    words.textContent = 'This step has changed meanwhile. What you typed is kept here.';
    const show = document.createElement('button');
    show.type = 'button';
    show.textContent = 'Show the present state';
    show.addEventListener('click', () => { untouch(form); htmx.trigger(panel, 'live', {}, false); });
    note.append(words, show);
    form.prepend(note);
  };

  const beforeSwap = (event) => {
    const { ctx, tasks } = event.detail;
    const main = mainTask(tasks);
    if (!main?.target?.querySelectorAll) return;
    const own = ctx.sourceElement?.closest?.('form');
    if (own) untouch(own);
    for (const form of touched(main.target)) {
      if (ctx.sourceEvent?.type !== 'live') renewHidden(form, main.fragment);
      else if (form.id && !main.fragment.querySelector(`#${CSS.escape(form.id)}`)) {
        event.preventDefault();
        sayStale(form, main.target);
      }
    }
  };

  /* A refused form comes back with what was typed: it stays touched, and its list of errors gets the focus. */
  const afterSwap = (event) => {
    const { ctx } = event.detail;
    const own = ctx.sourceElement?.closest?.('form');
    if (!own || ![409, 422].includes(ctx.response?.status)) return;
    const form = own.isConnected ? own : document.getElementById(own.id);
    if (form) touch(form);
    const place = ctx.target?.isConnected ? ctx.target : document.getElementById(ctx.target?.id) || document;
    place.querySelector?.('.summary')?.focus();
  };

  document.addEventListener('input', onTyped);
  document.addEventListener('change', onTyped);
  document.addEventListener('reset', (event) => untouch(event.target));
  document.addEventListener('htmx:before:swap', beforeSwap);
  document.addEventListener('htmx:after:swap', afterSwap);
  document.querySelector('main .summary')?.focus();
  document.querySelectorAll('form:has(.field-bad)').forEach(touch);
})();
