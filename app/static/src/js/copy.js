/* <button data-copy="text"> copies the text, <button data-copy-from="id"> that element's. */
(() => {
  const SHOWN_MS = 1500;

  const byHand = (text) => { // no clipboard on plain http: the old way
    const area = document.createElement('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
  };

  document.addEventListener('click', async (event) => {
    const button = event.target.closest?.('[data-copy], [data-copy-from]');
    if (!button) return;
    const text = button.dataset.copy ?? document.getElementById(button.dataset.copyFrom)?.textContent ?? '';
    try { await navigator.clipboard.writeText(text); } catch { byHand(text); button.focus(); }
    button.dataset.uiCopied = '';
    setTimeout(() => delete button.dataset.uiCopied, SHOWN_MS);
    Handoff.announce('Copied');
  });
})();
