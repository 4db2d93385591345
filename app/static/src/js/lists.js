/* Live lists that stand still, and picking several rows.
   <tbody id data-steady> inside a live element: a live update changes rows where they stand, keeps those that have left
   (dimmed, not to be clicked) and holds new ones back behind [data-new-rows], until the person asks for them. */
(() => {
  const wanted = new WeakSet();

  Handoff.showNew = (list) => { wanted.add(list); htmx.trigger(list, 'live', {}, false); };

  const dimmed = (row) => {
    const gone = row.cloneNode(true);
    gone.dataset.uiGone = '';
    gone.inert = true;
    return gone;
  };

  const words = (fresh, gone) => [fresh && `${fresh} new`, gone && `${gone} gone`].filter(Boolean).join(', ') + ': show';

  const steady = (event) => {
    const { ctx, tasks } = event.detail;
    const main = tasks.find((task) => task.type === 'main');
    if (ctx.sourceEvent?.type !== 'live' || !main?.target?.querySelector) return;
    const now = main.target.querySelector('[data-steady]');
    const next = main.fragment.querySelector('[data-steady]');
    if (wanted.delete(main.target) || !now?.children.length || !next) return;
    const fresh = new Map([...next.children].map((row) => [row.id, row]));
    const rows = [...now.children].map((row) => {
      const update = fresh.get(row.id);
      fresh.delete(row.id);
      return update || dimmed(row);
    });
    const gone = rows.filter((row) => row.inert).length;
    next.replaceChildren(...rows);
    const bar = main.fragment.querySelector('[data-new-rows]');
    if (!bar || !(fresh.size || gone)) return;
    bar.hidden = false;
    bar.querySelector('button span').textContent = words(fresh.size, gone);
  };

  const boxes = (form) => [...document.querySelectorAll(`input[type=checkbox][form="${form.id}"][name]`)].filter((box) => !box.closest('[inert]'));

  const count = () => document.querySelectorAll('form[data-bulk]').forEach((form) => {
    const all = boxes(form);
    const picked = all.filter((box) => box.checked).length;
    form.dataset.uiPicked = picked;
    form.querySelectorAll('[data-picked]').forEach((place) => { place.textContent = picked; });
    document.querySelectorAll(`[data-pick-all="${form.id}"]`).forEach((box) => {
      box.checked = picked > 0 && picked === all.length;
      box.indeterminate = picked > 0 && picked < all.length;
    });
  });

  document.addEventListener('htmx:before:swap', steady);
  document.addEventListener('htmx:after:swap', count);
  document.addEventListener('change', (event) => {
    const all = event.target.dataset?.pickAll;
    if (all) boxes(document.getElementById(all)).forEach((box) => { box.checked = event.target.checked; });
    count();
  });
  document.addEventListener('click', (event) => {
    const list = event.target.closest?.('[data-new-rows]')?.closest('[data-live]');
    if (list) Handoff.showNew(list);
  });
  count();
})();
