/* Keyboard. Markup says what a key does: whatever carries data-key="c" is clicked by c (a text field gets the focus instead):
   first inside the current row, else on the page outside rows. "g m" is g, then m. Rows carry data-row: j and k move among them.
   Dead while one types, in a dialog, and when the body says data-shortcuts="off". */
(() => {
  const SECOND_KEY_WITHIN_MS = 1500;
  const TYPING = 'textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=button], [type=submit])';
  let first = '';
  let currentRow = '';

  const rows = () => [...document.querySelectorAll('[data-row]:not([inert])')];
  const row = () => document.activeElement?.closest?.('[data-row]') || (currentRow && document.getElementById(currentRow));

  const move = (by) => {
    const all = rows();
    if (!all.length) return;
    const at = all.indexOf(row());
    const to = all[at < 0 ? 0 : Math.max(0, Math.min(all.length - 1, at + by))];
    currentRow = to.id;
    Handoff.focusOn(to);
    to.scrollIntoView({ block: 'nearest' });
  };

  const holders = (root, key) => [...root.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].filter((element) => !element.disabled);

  const find = (key) => {
    const here = row();
    return (here && holders(here, key)[0]) || holders(document, key).find((element) => !element.closest('[data-row]'));
  };

  const press = (key) => {
    if (key === 'j' || key === 'k') { move(key === 'j' ? 1 : -1); return true; }
    const element = find(key);
    if (!element) return false;
    if (element.matches(TYPING)) { element.focus(); element.select?.(); } else element.click();
    return true;
  };

  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.isComposing || event.altKey) return;
    if (event.ctrlKey || event.metaKey) {
      if (event.key.toLowerCase() === 'k' && press('mod+k')) event.preventDefault();
      return;
    }
    if (document.body.dataset.shortcuts === 'off' || event.target.closest?.(TYPING) || document.querySelector('dialog[open]')) return;
    if (event.key === 'g' && !first) {
      first = 'g ';
      setTimeout(() => { first = ''; }, SECOND_KEY_WITHIN_MS);
      return;
    }
    const key = first + event.key;
    first = '';
    if (event.key.length === 1 && event.key !== ' ' && press(key)) event.preventDefault();
  });
})();
