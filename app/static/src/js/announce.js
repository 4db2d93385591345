/* Sentences for people: #announce for screen readers only, #flash for everybody. */
const Handoff = {};
(() => {
  const SUCCESS_STAYS_MS = 10000;

  Handoff.announce = (sentence) => {
    const region = document.getElementById('announce');
    if (!region) return;
    region.textContent = '';
    setTimeout(() => { region.textContent = sentence; }, 50); // emptied first, or a repeated sentence is not read again
  };

  Handoff.flash = (sentence) => {
    const region = document.getElementById('flash');
    const notice = document.getElementById('notice').content.firstElementChild.cloneNode(true);
    notice.querySelector('p').textContent = sentence;
    notice.dataset.ours = '';
    Handoff.unflash();
    region.append(notice);
  };

  Handoff.unflash = () => document.querySelectorAll('#flash [data-ours]').forEach((notice) => notice.remove());

  const letSuccessGo = () => document.querySelectorAll('#flash .notice-done:not([data-ui-going])').forEach((notice) => {
    notice.dataset.uiGoing = '';
    const go = () => (notice.matches(':hover, :focus-within') ? setTimeout(go, 1000) : notice.remove());
    setTimeout(go, SUCCESS_STAYS_MS);
  });

  document.addEventListener('click', (event) => event.target.closest?.('[data-dismiss]')?.parentElement.remove());
  document.addEventListener('htmx:after:swap', letSuccessGo);
  document.documentElement.classList.add('js');
  letSuccessGo();
})();
