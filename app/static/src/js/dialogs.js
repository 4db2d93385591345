/* <a href="page" data-dialog="id"> opens the <dialog id> instead of the page it also has. */
(() => {
  document.addEventListener('click', (event) => {
    const opener = event.target.closest?.('[data-dialog]');
    const dialog = opener && document.getElementById(opener.dataset.dialog);
    if (dialog?.showModal && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      if (!dialog.open) dialog.showModal();
    } else if (event.target.matches?.('dialog[open]')) {
      const box = event.target.getBoundingClientRect(); // a click on the backdrop counts as one on the dialog
      const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
      if (!inside) event.target.close();
    }
    event.target.closest?.('[data-close]')?.closest('dialog')?.close();
  });
})();
