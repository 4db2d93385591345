/* Others see that somebody types here: a form inside [data-typing] says so to that address, at most every ten seconds.
   [data-print] prints the page. */
(() => {
  const EVERY_MS = 10000;
  let told = -EVERY_MS;

  document.addEventListener('input', ({ isTrusted, target }) => {
    const place = isTrusted && target.form && target.closest('[data-typing]');
    const token = place && target.form.elements.csrf_token;
    if (!token || performance.now() - told < EVERY_MS) return;
    told = performance.now();
    fetch(place.dataset.typing, { method: 'POST', body: new URLSearchParams({ csrf_token: token.value }) }).catch(() => {});
  });

  document.addEventListener('click', ({ target }) => { if (target.closest?.('[data-print]')) window.print(); });
})();
