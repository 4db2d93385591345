/* The palette's list by keyboard: arrows go from the field into the list and back, Enter in the field opens the first place,
   typing in the list goes on typing in the field. The list is of plain links, so that it reads and works as one. */
(() => {
  const parts = (element) => {
    const root = element.closest('dialog, main');
    return { field: root?.querySelector('[data-palette]'), list: root?.querySelector('#palette-found') };
  };

  const step = (stops, at, key) => {
    if (key === 'Home') return stops[1];
    if (key === 'End') return stops[stops.length - 1];
    return stops[(at + (key === 'ArrowDown' ? 1 : stops.length - 1)) % stops.length];
  };

  document.addEventListener('keydown', (event) => {
    const here = event.target.closest?.('[data-palette], [data-jump]');
    if (!here || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    const { field, list } = parts(here);
    const links = [...list.querySelectorAll('[data-jump]')];
    if (['ArrowDown', 'ArrowUp'].includes(event.key) || (here !== field && ['Home', 'End'].includes(event.key))) {
      event.preventDefault();
      const stops = [field, ...links];
      step(stops, stops.indexOf(here), event.key)?.focus();
    } else if (here === field && event.key === 'Enter' && links.length && list.dataset.text === field.value.trim().replace(/\s+/g, ' ')) {
      event.preventDefault();
      links[0].click();
    } else if (here !== field && event.key.length === 1 && event.key !== ' ') field.focus(); // the letter then lands in the field
  });
})();
