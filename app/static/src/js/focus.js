/* Focus never falls to <body>: after a swap it returns to the same id, else the row (or the one that took its place),
   else the section, else the main region. Clicking beside everything gives the focus up on purpose. */
(() => {
  const FOCUSABLE = 'a[href], button, input, select, textarea, summary, label, [tabindex]';
  let last = null;

  const rows = () => [...document.querySelectorAll('[data-row]')];

  const remember = (element) => {
    const row = element.closest('[data-row]');
    const section = element.closest('section[id], [data-live][id], main');
    last = { id: element.id, row: row?.id, rowIndex: row ? rows().indexOf(row) : -1, section: section?.id };
  };

  const present = (id) => {
    const element = id && document.getElementById(id);
    return element && !element.disabled && !element.closest('[inert], [hidden]') ? element : null;
  };

  const rowInstead = () => {
    if (last.rowIndex < 0) return null;
    const left = rows().filter((row) => !row.inert);
    return left[Math.min(last.rowIndex, left.length - 1)];
  };

  Handoff.focusOn = (element) => {
    if (!element.matches(FOCUSABLE)) element.tabIndex = -1;
    element.focus({ preventScroll: true });
  };

  const restore = () => {
    const now = document.activeElement;
    if (!last || (now && now !== document.body && now.isConnected)) return;
    const to = present(last.id) || present(last.row) || rowInstead() || present(last.section) || present('main');
    if (to) Handoff.focusOn(to);
  };

  document.addEventListener('focusin', (event) => remember(event.target));
  document.addEventListener('pointerdown', (event) => { if (!event.target.closest(FOCUSABLE)) last = null; }, true);
  document.addEventListener('htmx:after:swap', restore);
  document.addEventListener('htmx:finally:request', restore);
})();
