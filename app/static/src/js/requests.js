/* What an answer to an htmx request may do. 2xx is swapped in, and so is the panel of a 409 or 422. A redirect makes the browser go there, as it
   would without htmx. Everything else becomes a sentence in #flash, and the page, typed text included, stays as it is. */
(() => {
  const SWAPPED = [409, 422];
  const isLive = (ctx) => ctx.sourceEvent?.type === 'live';
  const isReading = (ctx) => ctx.request.method === 'GET';

  /* errors/error.html in words: its sentence, then each finding. Empty if the answer is something else. */
  const sentenceOf = (ctx) => {
    const page = new DOMParser().parseFromString(ctx.text || '', 'text/html');
    const said = [...page.querySelectorAll('#error-sentence, #error-findings li')];
    return said.map((element) => element.textContent.trim()).join(' ');
  };

  const signedOut = () => {
    if (document.querySelector('form[hx-morph-skip]')) {
      Handoff.flash('You have been signed out. Sign in again in another tab; what you typed stays here.');
    } else location.reload();
  };

  const follow = (ctx) => (isLive(ctx) ? signedOut() : location.assign(ctx.response.raw.url));

  document.addEventListener('htmx:after:request', (event) => {
    const { ctx } = event.detail;
    const { status, raw } = ctx.response;
    if (isLive(ctx) && (status === 401 || ctx.hx.redirect)) { event.preventDefault(); signedOut(); return; }
    if (ctx.hx.redirect || ctx.hx.refresh || ctx.hx.location) return;
    if (raw.redirected) { event.preventDefault(); follow(ctx); return; }
    const sentence = status >= 400 && sentenceOf(ctx);
    if (status < 400 || (SWAPPED.includes(status) && !sentence)) { if (!isLive(ctx)) Handoff.unflash(); return; }
    event.preventDefault();
    if (isLive(ctx)) return;
    if (status < 500) Handoff.flash(sentence || 'That did not work. Reload the page and try again.');
    else Handoff.flash(isReading(ctx) ? 'Not loaded. Try again.' : 'Not sent. Try again.');
  });

  document.addEventListener('htmx:error', (event) => {
    const { ctx } = event.detail;
    if (!ctx || isLive(ctx)) return;
    if (ctx.response) Handoff.flash('The page could not be updated. Reload it.');
    else Handoff.flash(isReading(ctx) ? 'Not loaded. Try again.' : 'Not sent. Try again.');
  });
})();
