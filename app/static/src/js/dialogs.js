/* <a href="page" data-dialog="id"> opens the <dialog id> instead of the page it also has. A <dialog data-from-page> takes what it asks from
   that page: its heading and its [data-question]. What cannot be shown so is gone to as a page. */
(() => {
  const ask = async (dialog, url) => {
    const answer = await fetch(url);
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const question = answer.ok && !answer.redirected && page.querySelector('[data-question]');
    if (!question) { location.assign(url); return; }
    dialog.querySelector('h2').textContent = page.querySelector('h1').textContent;
    dialog.querySelector('[data-asked]').replaceChildren(document.adoptNode(question));
    htmx.process(dialog);
    dialog.showModal();
    question.querySelector('textarea, input:not([type=hidden])')?.focus();
  };

  const open = (dialog, url) => {
    if (dialog.open) return;
    if (dialog.hasAttribute('data-from-page')) ask(dialog, url).catch(() => location.assign(url));
    else dialog.showModal();
    const field = dialog.querySelector('[data-palette]');
    if (field) { field.focus(); field.select(); htmx.trigger(field, 'input', {}, false); }
  };

  const isBeside = (dialog, event) => { // a click on the backdrop counts as one on the dialog
    const box = dialog.getBoundingClientRect();
    return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
  };

  document.addEventListener('click', (event) => {
    const opener = event.target.closest?.('[data-dialog]');
    const dialog = opener && document.getElementById(opener.dataset.dialog);
    if (dialog?.showModal && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      document.querySelectorAll('dialog[open]').forEach((other) => other.close());
      open(dialog, opener.href);
    } else if (event.detail && event.target.matches?.('dialog[open]') && isBeside(event.target, event)) event.target.close();
    const inside = event.target.closest?.('[data-close]')?.closest('dialog');
    if (inside) { event.preventDefault(); inside.close(); }
  });
})();
